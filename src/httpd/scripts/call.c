/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scripts/call.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "base/log.h"
#include "httpd/backend/daemon.h"
#include "httpd/embedded/embedded.h"
#include "httpd/log/log.h"
#include "httpd/request/id.h"
#include "httpd/scripts/tls.h"
#include "httpd/target.h"
#include "httpd/timing.h"

APLOG_USE_MODULE(pywsgi);

enum { ANSWER_MAX = 4096 };

/* The body of the call's response. */
typedef struct answer {
    char text[ANSWER_MAX + 1];
    apr_size_t length;
    int is_complete;
    int is_wrong; /* too long, or not only bytes */
} answer;

static void collect_bytes(answer *into, apr_bucket *bucket)
{
    const char *data;
    apr_size_t length;

    if (apr_bucket_read(bucket, &data, &length, APR_BLOCK_READ) != APR_SUCCESS || length > ANSWER_MAX - into->length) {
        into->is_wrong = 1;
        return;
    }
    memcpy(into->text + into->length, data, length);
    into->length += length;
}

/* The last output filter of the call's request. */
static apr_status_t collect_answer(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    answer *into = f->ctx;

    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade) && !into->is_wrong;
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (APR_BUCKET_IS_EOS(bucket)) {
            into->is_complete = 1;
        }
        else if (!APR_BUCKET_IS_METADATA(bucket)) {
            collect_bytes(into, bucket);
        }
        else if (!APR_BUCKET_IS_FLUSH(bucket)) {
            into->is_wrong = 1; /* an error bucket */
        }
    }
    apr_brigade_cleanup(brigade);
    return APR_SUCCESS;
}

/* The client's headers, without credentials, and without the headers of the body, which the call does not get. */
static apr_table_t *headers_of(const request_rec *r)
{
    static const char *const withheld[] = {
        "Authorization", "Proxy-Authorization", "Content-Length", "Transfer-Encoding", "Expect", NULL};
    apr_table_t *headers = apr_table_copy(r->pool, r->headers_in);

    for (int i = 0; withheld[i]; i++) {
        apr_table_unset(headers, withheld[i]);
    }
    return headers;
}

/* Excludes the variables of SetEnv, which are for applications and may be secrets, unless the call has_variables. */
static apr_table_t *variables_of(const pyw_call *call)
{
    const request_rec *r = call->r;
    static const char *const names[] = {"HTTPS", "UNIQUE_ID", NULL};
    apr_table_t *variables = apr_table_make(r->pool, 2);

    if (call->has_variables) {
        return apr_table_copy(r->pool, r->subprocess_env);
    }
    for (int i = 0; names[i]; i++) {
        const char *value = apr_table_get(r->subprocess_env, names[i]);

        if (value) {
            apr_table_setn(variables, names[i], value);
        }
    }
    return variables;
}

/*
 * The request_rec of the call: a copy of the client's, without a body and with a response of its own. HTTP/1.0 prevents
 * interim responses to the client, and `chunked` prevents a reset of the client's connection.
 */
static request_rec *request_of_call(const pyw_call *call, ap_filter_t *filter)
{
    request_rec *r = call->r;
    request_rec *own;

    pyw_request_id(r); /* the call has the same id */
    own = apr_pmemdup(r->pool, r, sizeof(*r));

    own->headers_in = headers_of(r);
    own->subprocess_env = variables_of(call);
    own->headers_out = apr_table_make(r->pool, 4);
    own->err_headers_out = apr_table_make(r->pool, 4);
    own->trailers_in = apr_table_make(r->pool, 1);
    own->notes = apr_table_copy(r->pool, r->notes);
    own->kept_body = NULL;
    own->header_only = 0;
    own->expecting_100 = 0;
    own->proto_num = HTTP_VERSION(1, 0);
    own->chunked = 1;
    own->output_filters = own->proto_output_filters = filter;
    filter->r = own;
    filter->c = r->connection;
    return own;
}

/*
 * Resets WSGIConcurrency, WSGIErrorOverride and similar directives, which concern only the responses of applications.
 */
static const pyw_dir_config *config_of_call(apr_pool_t *pool, const pyw_dir_config *config)
{
    pyw_dir_config *own = apr_pmemdup(pool, config, sizeof(*config));

    own->concurrency = 0;
    own->concurrency_location = 0;
    own->error_override = PYW_OFF;
    own->interrupts_gone = PYW_OFF;
    own->map_head_to_get = PYW_OFF;
    return own;
}

/* The time limit begins with the call, because the client may have needed a while for its request. */
static void limit_time(pyw_target *target, request_rec *r)
{
    apr_interval_time_t timeout = target->group ? target->group->options->httpd.request_timeout
                                                : pyw_config_request_timeout(target->config, NULL);

    pyw_timing_begin(&target->timing, r, timeout > 0 ? timeout : r->server->timeout);
}

static int serve(const pyw_call *call, answer *into)
{
    static ap_filter_rec_t collector = {
        .name = "pywsgi_call", .filter_func = {.out_func = collect_answer}, .ftype = AP_FTYPE_RESOURCE};
    ap_filter_t filter = {.frec = &collector, .ctx = into};
    request_rec *r = call->r, *own;
    pyw_target target;
    int status = pyw_target_select_function(r, call->script, call->function, &target);

    if (status != OK) {
        return status;
    }
    target.config = config_of_call(r->pool, target.config);
    target.arguments = call->arguments;
    pyw_tls_add_variables(call->arguments, r);
    limit_time(&target, r);
    own = request_of_call(call, &filter);
    status = target.group ? pyw_daemon_serve(own, &target) : pyw_embedded_serve(own, &target);
    return status == OK && own->status != HTTP_OK ? own->status : status;
}

static void log_failure(const pyw_call *call, int status)
{
    /* 400: the client has left. */
    pyw_log_rerror(APLOG_MARK, status == HTTP_BAD_REQUEST ? APLOG_INFO : APLOG_ERR, 0, call->r,
                   PYWNO(0292) "%s: %s() of %s has no result (status %d), so the request is refused with 500; "
                               "earlier records have the reason",
                   call->directive, call->function, call->script->path, status);
}

void pyw_call_log_unexpected(const pyw_call *call)
{
    pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, call->r,
                   PYWNO(0293) "%s: the answer for %s() of %s is malformed, so the request is refused with 500",
                   call->directive, call->function, call->script->path);
}

void pyw_call_init(pyw_call *call, request_rec *r, const pyw_script *script, const char *directive,
                   const char *function)
{
    call->r = r;
    call->script = script;
    call->directive = directive;
    call->function = function;
    call->arguments = apr_table_make(r->pool, 4);
    call->has_variables = 0;
}

/* Whether the answer consists of lines of text. */
static int is_text(const answer *from)
{
    for (apr_size_t i = 0; i < from->length; i++) {
        unsigned char byte = (unsigned char)from->text[i];

        if ((byte < 0x20 && byte != '\n') || byte == 0x7f) {
            return 0;
        }
    }
    return !from->is_wrong && from->is_complete;
}

const char *pyw_call_run(pyw_call *call)
{
    answer *into = apr_pcalloc(call->r->pool, sizeof(*into));
    int status = serve(call, into);

    if (status != OK) {
        log_failure(call, status);
        return NULL;
    }
    if (!is_text(into)) {
        pyw_call_log_unexpected(call);
        return NULL;
    }
    return into->text;
}
