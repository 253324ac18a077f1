/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/start/warmup.h"

#include <apr_escape.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire/message.h"

/* Only the status of the response matters. */
typedef struct warmup_exchange {
    pyw_exchange base;
    int status;
    int is_complete;
} warmup_exchange;

static void note_head(pyw_exchange *exchange, const pyw_head *head)
{
    if (head != NULL) {
        ((warmup_exchange *)exchange)->status = head->status;
    }
}

static pyw_result no_body(pyw_exchange *exchange, void *buffer, size_t size, size_t *got, unsigned flags)
{
    (void)exchange;
    (void)buffer;
    (void)size;
    (void)flags;
    *got = 0;
    return PYW_OK;
}

static pyw_result discard_response(pyw_exchange *exchange, const pyw_head *head, const void *data, size_t length,
                                   unsigned flags)
{
    (void)data;
    (void)length;
    (void)flags;
    note_head(exchange, head);
    return PYW_OK;
}

static pyw_result drop_file(pyw_exchange *exchange, const pyw_head *head, int fd, off_t offset, uint64_t length,
                            unsigned flags)
{
    (void)fd;
    (void)offset;
    (void)length;
    (void)flags;
    note_head(exchange, head);
    return PYW_OK;
}

static pyw_result drop_interim(pyw_exchange *exchange, int status, const pyw_pair *headers, uint32_t count)
{
    (void)exchange;
    (void)status;
    (void)headers;
    (void)count;
    return PYW_OK;
}

static pyw_result write_log(pyw_exchange *exchange, pyw_log_level level, const char *text, size_t length,
                            unsigned flags)
{
    (void)exchange;
    (void)flags;
    pyw_log(level, "%.*s", (int)length, text);
    return PYW_OK;
}

static int is_gone(pyw_exchange *exchange)
{
    (void)exchange;
    return 0;
}

static void finish_warmup(pyw_exchange *exchange, pyw_outcome outcome, int status)
{
    warmup_exchange *self = (warmup_exchange *)exchange;

    self->is_complete = outcome == PYW_DONE;
    if (outcome == PYW_ERROR) {
        self->status = status;
        self->is_complete = 1;
    }
}

static const pyw_exchange_ops operations = {
    .read = no_body,
    .send = discard_response,
    .send_file = drop_file,
    .interim = drop_interim,
    .log = write_log,
    .client_gone = is_gone,
    .finish = finish_warmup,
};

/* Describes the request as httpd would. `path` and `query` must live as long as the pairs. */
static void describe_request(pyw_pairs *pairs, const char *url, const char *path, const char *query, const char *server)
{
    const char *const fixed[][2] = {
        {"REQUEST_METHOD", "GET"},
        {"SCRIPT_NAME", ""},
        {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"SERVER_PORT", "80"},
        {"wsgi.url_scheme", "http"},
        {"REMOTE_ADDR", "127.0.0.1"},
        {"HTTP_USER_AGENT", "pywsgid (warmup)"},
    };

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        pyw_pairs_add_text(pairs, fixed[i][0], fixed[i][1]);
    }
    pyw_pairs_add_text(pairs, "REQUEST_URI", url);
    pyw_pairs_add_text(pairs, "PATH_INFO", path);
    pyw_pairs_add_text(pairs, "QUERY_STRING", query);
    pyw_pairs_add_text(pairs, "SERVER_NAME", server);
    pyw_pairs_add_text(pairs, "HTTP_HOST", server);
}

/* A path with an invalid encoding is not changed. */
static void decode(char *path)
{
    char *decoded = strdup(path);

    if (decoded != NULL && apr_unescape_url(decoded, path, APR_ESCAPE_STRING, NULL, NULL, 0, NULL) == APR_SUCCESS) {
        memcpy(path, decoded, strlen(decoded) + 1); /* the result is never longer */
    }
    free(decoded);
}

static void send_warmup_request(warmup_exchange *exchange, const pyw_engine *engine, pyw_application *application,
                                const char *url, const char *server)
{
    char *path = strdup(url);
    char *query = path != NULL ? strchr(path, '?') : NULL;
    pyw_pairs pairs = {0};

    if (path == NULL) {
        return;
    }
    if (query != NULL) {
        *query++ = '\0';
    }
    decode(path);
    describe_request(&pairs, url, path, query != NULL ? query : "", server);
    exchange->base.ops = &operations;
    exchange->base.environ_pairs = pairs.items;
    exchange->base.environ_count = pairs.count;
    exchange->base.arrival = exchange->base.received = pyw_clock_us();
    exchange->base.id = "warmup";
    engine->run(application, &exchange->base);
    pyw_pairs_free(&pairs);
    free(path);
}

int pyw_warmup(const pyw_engine *engine, pyw_application *application, const char *url, const pyw_settings *settings)
{
    warmup_exchange exchange = {0};
    int64_t begun = pyw_clock_ms();

    send_warmup_request(&exchange, engine, application, url,
                        settings->server_name != NULL && *settings->server_name ? settings->server_name : "localhost");
    if (exchange.is_complete && exchange.status > 0 && exchange.status < 500) {
        pyw_log(PYW_LOG_INFO, PYWNO(0356) "warmup: %s was answered with %d in %.3f s", url, exchange.status,
                (double)(pyw_clock_ms() - begun) / 1000);
        return 1;
    }
    pyw_log(PYW_LOG_ERR, PYWNO(0355) "warmup: %s was answered with %d%s: the worker counts as failed", url,
            exchange.status, exchange.is_complete ? "" : ", incompletely");
    return 0;
}
