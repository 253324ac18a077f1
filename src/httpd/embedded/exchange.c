/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/embedded/exchange.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <http_log.h>

#include "base/log.h"
#include "httpd/environ.h"
#include "httpd/log/log.h"
#include "httpd/response/parallel.h"

APLOG_USE_MODULE(pywsgi);

/*
 * read() waits this much longer than the deadline, so that the engine's report at the deadline shows the waiting
 * thread.
 */
#define REPORT_MS 50

static pyw_embedded_exchange *self_of(pyw_exchange *exchange)
{
    return (pyw_embedded_exchange *)exchange;
}

static pyw_result exchange_read(pyw_exchange *exchange, void *buffer, size_t size, size_t *got, unsigned flags)
{
    pyw_body *body = &self_of(exchange)->body;
    const char *data;
    size_t length;
    pyw_result result = flags & PYW_READ_NOWAIT ? pyw_body_peek_buffered(body, &data, &length)
                                                : pyw_body_await(body, &self_of(exchange)->reading, &data, &length);

    *got = 0;
    if (result == PYW_EOF) {
        return PYW_OK;
    }
    if (result == PYW_OK) {
        *got = length < size ? length : size;
        memcpy(buffer, data, *got);
        pyw_body_consume(body, *got);
    }
    return result;
}

/* Sets the head before the first bytes of the body. The engine has already checked the head. */
static pyw_result apply_head(pyw_embedded_exchange *self, const pyw_head *head)
{
    if (!head) {
        return PYW_OK;
    }
    if (pyw_response_head(&self->response, head) != PYW_OK) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, self->response.r,
                       PYWNO(0225) "httpd does not accept this response head");
        return PYW_FAILED;
    }
    return PYW_OK;
}

/*
 * Flushes data if the next bytes may be late: a stream, a response whose close() may be slow, and a complete response
 * before httpd has read the rest of the request body.
 */
static pyw_result after_data(pyw_embedded_exchange *self, unsigned flags)
{
    if (flags & (PYW_SEND_LAST | PYW_SEND_END)) {
        pyw_result result = pyw_response_end(&self->response);

        if (result != PYW_OK || ((flags & PYW_SEND_END) && self->body.result != PYW_OK)) {
            return result;
        }
    }
    return pyw_response_flush(&self->response);
}

static pyw_result exchange_send(pyw_exchange *exchange, const pyw_head *head, const void *data, size_t length,
                                unsigned flags)
{
    pyw_embedded_exchange *self = self_of(exchange);
    pyw_result result;

    if (flags & PYW_SEND_NOWAIT) {
        return PYW_AGAIN; /* output filters may block */
    }
    if ((flags & PYW_SEND_PARALLEL) && !pyw_response_has_room(&self->response, length)) {
        return PYW_AGAIN;
    }
    result = apply_head(self, head);
    if (result == PYW_OK) {
        result = pyw_response_data(&self->response, data, length, 1);
    }
    return result == PYW_OK ? after_data(self, flags) : result;
}

static pyw_result exchange_send_file(pyw_exchange *exchange, const pyw_head *head, int fd, off_t offset,
                                     uint64_t length, unsigned flags)
{
    pyw_embedded_exchange *self = self_of(exchange);
    pyw_result result;
    int copy;

    if (flags & PYW_SEND_NOWAIT) {
        return PYW_AGAIN;
    }
    result = apply_head(self, head);
    if (result != PYW_OK) {
        return result;
    }
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* the bucket may outlive the application's file */
    result = copy < 0 ? PYW_FAILED : pyw_response_file(&self->response, copy, offset, length);
    if (result != PYW_OK || !(flags & PYW_SEND_LAST)) {
        return result == PYW_OK ? after_data(self, flags) : result;
    }
    return pyw_response_end(
        &self->response); /* httpd continues to write without this thread; the file's close() is fast */
}

static pyw_result exchange_interim(pyw_exchange *exchange, int status, const pyw_pair *headers, uint32_t count)
{
    pyw_head head = {status, "", 0, headers, count};

    return pyw_response_interim(&self_of(exchange)->response, &head);
}

static pyw_result exchange_log(pyw_exchange *exchange, pyw_log_level level, const char *text, size_t length,
                               unsigned flags)
{
    if (flags & PYW_SEND_NOWAIT) {
        return PYW_AGAIN;
    }
    pyw_httpd_log_request(self_of(exchange)->response.r, level, 0, text, length);
    return PYW_OK;
}

static int exchange_client_gone(pyw_exchange *exchange)
{
    return pyw_response_client_gone(&self_of(exchange)->response);
}

/*
 * If the request body was too large or too slow, the client gets the status of that error instead of the application's
 * response.
 */
static void exchange_finish(pyw_exchange *exchange, pyw_outcome outcome, int status)
{
    pyw_embedded_exchange *self = self_of(exchange);

    if (outcome == PYW_DONE && pyw_response_end(&self->response) != PYW_MALFORMED) {
        return;
    }
    pyw_response_abort(&self->response, self->body.status != OK ? self->body.status : status);
}

static const pyw_exchange_ops ops = {
    exchange_read, exchange_send,        exchange_send_file, exchange_interim,
    exchange_log,  exchange_client_gone, exchange_finish,
};

void pyw_embedded_exchange_init(pyw_embedded_exchange *exchange, request_rec *r, const pyw_target *target)
{
    const apr_array_header_t *environ_pairs;

    pyw_body_init(&exchange->body, r);
    exchange->base.has_body = exchange->body.result == PYW_OK;
    pyw_body_settle(&exchange->body); /* before the environ, and before the GIL is acquired */
    environ_pairs = pyw_environ_build(r, target, -1);
    pyw_response_init(&exchange->response, r, target->config);
    exchange->base.ops = &ops;
    exchange->base.environ_pairs = (const pyw_pair *)environ_pairs->elts;
    exchange->base.environ_count = (uint32_t)environ_pairs->nelts;
    exchange->reading = target->timing;
    exchange->reading.deadline += target->timing.deadline ? REPORT_MS : 0;
    exchange->base.arrival = target->timing.arrival;
    exchange->base.received = 0;
    exchange->base.deadline = target->timing.deadline;
    exchange->base.id = target->timing.id;
    exchange->base.interrupts_gone = target->config->interrupts_gone == PYW_ON;
    exchange->base.apache_request = target->config->pass_apache_request == PYW_ON ? r : NULL;
    exchange->base.log_apart = pyw_httpd_log_server;
    exchange->base.log_apart_baton = r->server;
    exchange->base.takes_parallel = pyw_response_takes_parallel(r);
}
