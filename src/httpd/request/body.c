/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/body.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <poll.h>
#include <util_filter.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "httpd/log/log.h"
#include "httpd/request/client_socket.h"

APLOG_USE_MODULE(pywsgi);

/* Maximum bytes of one read from the input filters. */
#define BLOCK_SIZE 65536

/*
 * The longest single wait: mod_reqtimeout checks a slow body only when it is read. An HTTP/2 stream has no socket to
 * wait for, so it is polled more often.
 */
#define SLICE_MS 1000
#define SLICE_STREAM_MS 100

/* ap_die() changes the method of an ErrorDocument's request to GET, but not its headers. */
int pyw_body_is_of_failed_request(const request_rec *r)
{
    for (r = r->prev; r; r = r->prev) {
        if (ap_is_HTTP_ERROR(r->status)) {
            return 1;
        }
    }
    return 0;
}

void pyw_body_init(pyw_body *body, request_rec *r)
{
    body->r = r;
    body->brigade = NULL;
    body->status = OK;
    body->caught = 0;
    body->consumed = 0;
    body->result = ap_request_has_body(r) && !pyw_body_is_of_failed_request(r) ? PYW_OK : PYW_EOF;
}

static pyw_result end_body(pyw_body *body, pyw_result result, int status)
{
    body->result = result;
    body->status = status;
    if (body->brigade) {
        apr_brigade_cleanup(body->brigade);
    }
    return result;
}

/* Maps an error of the input filters, with the distinctions of ap_map_http_request_error(). */
static pyw_result fail_body(pyw_body *body, apr_status_t rv)
{
    int status = body->caught ? body->caught : ap_map_http_request_error(rv, HTTP_BAD_REQUEST);

    if (APR_STATUS_IS_TIMEUP(rv)) {
        return end_body(body, PYW_TIMEOUT, HTTP_REQUEST_TIME_OUT);
    }
    if (body->r->connection->aborted || APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_INCOMPLETE(rv) ||
        APR_STATUS_IS_ECONNRESET(rv) || APR_STATUS_IS_ECONNABORTED(rv)) {
        return end_body(body, PYW_GONE, HTTP_BAD_REQUEST);
    }
    pyw_log_rerror(APLOG_MARK, APLOG_INFO, rv, body->r, PYWNO(0210) "the request body could not be read, answering %d",
                   status == AP_FILTER_ERROR ? HTTP_BAD_REQUEST : status);
    return end_body(body, PYW_MALFORMED, status == AP_FILTER_ERROR || status < 400 ? HTTP_BAD_REQUEST : status);
}

static apr_status_t catch_error(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    pyw_body *body = f->ctx;

    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (AP_BUCKET_IS_ERROR(bucket)) {
            body->caught = ((ap_bucket_error *)bucket->data)->status;
            apr_brigade_cleanup(brigade);
            return AP_FILTER_ERROR;
        }
    }
    return ap_pass_brigade(f->next, brigade);
}

/*
 * If a body is malformed or too large, HTTP_IN passes an error bucket to the output filters. These would send an error
 * page, or run an ErrorDocument, during this read, and the handler's response would follow. Therefore a filter catches
 * the bucket, and the handler sends the only response.
 */
static apr_status_t read_input(pyw_body *body, apr_read_type_e block)
{
    static ap_filter_rec_t catcher = {
        .name = "pywsgi_body_error",
        .filter_func = {.out_func = catch_error},
        .ftype = (ap_filter_type)(AP_FTYPE_RESOURCE - 1), /* stays first if an input filter adds others */
    };
    request_rec *r = body->r;
    ap_filter_t first = {.frec = &catcher, .ctx = body, .next = r->output_filters, .r = r, .c = r->connection};
    apr_status_t rv;

    r->output_filters = &first;
    rv = ap_get_brigade(r->input_filters, body->brigade, AP_MODE_READBYTES, block, BLOCK_SIZE);
    r->output_filters = first.next;
    return rv;
}

static pyw_result read_brigade(pyw_body *body, apr_read_type_e block)
{
    apr_status_t rv;

    if (!body->brigade) {
        body->brigade = apr_brigade_create(body->r->pool, body->r->connection->bucket_alloc);
    }
    rv = read_input(body, block);
    if (rv == APR_SUCCESS) {
        return PYW_OK;
    }
    if (block == APR_NONBLOCK_READ && APR_STATUS_IS_EAGAIN(rv)) {
        return PYW_AGAIN;
    }
    return fail_body(body, rv);
}

/* The first bucket with bytes; deletes empty buckets. PYW_AGAIN: none left. */
static pyw_result first_bytes(pyw_body *body, apr_read_type_e block, const char **data, size_t *length)
{
    while (!APR_BRIGADE_EMPTY(body->brigade)) {
        apr_bucket *bucket = APR_BRIGADE_FIRST(body->brigade);
        apr_status_t rv;

        if (APR_BUCKET_IS_EOS(bucket)) {
            return end_body(body, PYW_EOF, OK);
        }
        if (!APR_BUCKET_IS_METADATA(bucket)) {
            rv = apr_bucket_read(bucket, data, length, block);
            if (APR_STATUS_IS_EAGAIN(rv) && block == APR_NONBLOCK_READ) {
                return PYW_AGAIN;
            }
            if (rv != APR_SUCCESS) {
                return fail_body(body, rv);
            }
            if (*length > 0) {
                return PYW_OK;
            }
        }
        apr_bucket_delete(bucket);
    }
    return PYW_AGAIN;
}

pyw_result pyw_body_peek(pyw_body *body, apr_read_type_e block, const char **data, size_t *length)
{
    pyw_result result = body->result;

    while (result == PYW_OK) {
        if (body->brigade && !APR_BRIGADE_EMPTY(body->brigade)) {
            result = first_bytes(body, block, data, length);
            if (result != PYW_AGAIN || !APR_BRIGADE_EMPTY(body->brigade)) {
                return result;
            }
        }
        result = read_brigade(body, block);
        if (result == PYW_OK && APR_BRIGADE_EMPTY(body->brigade) && block == APR_NONBLOCK_READ) {
            return PYW_AGAIN;
        }
    }
    return result;
}

pyw_result pyw_body_peek_buffered(pyw_body *body, const char **data, size_t *length)
{
    if (body->result != PYW_OK) {
        return body->result;
    }
    return body->brigade ? first_bytes(body, APR_NONBLOCK_READ, data, length) : PYW_AGAIN;
}

/* Waits, and returns the slice for the next wait. */
static int wait_slice(pyw_body *body, const pyw_timing *timing, int slice)
{
    struct pollfd client = {pyw_client_socket_fd(body->r->connection), POLLIN, 0};
    int is_stream = client.fd < 0;

    poll(&client, 1, pyw_timing_bound(timing, is_stream ? slice : SLICE_MS));
    return slice * 2 < SLICE_STREAM_MS ? slice * 2 : SLICE_STREAM_MS;
}

/* A blocking read would wait for `Timeout` even if the deadline is earlier. */
pyw_result pyw_body_await(pyw_body *body, const pyw_timing *timing, const char **data, size_t *length)
{
    int block = timing->deadline == 0;
    int64_t silent_until = block ? 0 : pyw_clock_ms() + apr_time_as_msec(body->r->server->timeout);
    int slice = 1;
    pyw_result result = pyw_body_peek(body, block ? APR_BLOCK_READ : APR_NONBLOCK_READ, data, length);

    while (result == PYW_AGAIN) {
        if (body->r->connection->aborted) {
            return end_body(body, PYW_GONE, HTTP_BAD_REQUEST);
        }
        if (pyw_timing_is_over(timing) || pyw_clock_ms() >= silent_until) {
            return end_body(body, PYW_TIMEOUT, HTTP_REQUEST_TIME_OUT);
        }
        slice = wait_slice(body, timing, slice);
        result = pyw_body_peek(body, APR_NONBLOCK_READ, data, length);
    }
    return result;
}

void pyw_body_consume(pyw_body *body, size_t length)
{
    apr_bucket *bucket = APR_BRIGADE_FIRST(body->brigade);

    body->consumed += length;
    if (length < bucket->length) {
        apr_bucket_split(bucket, length);
    }
    apr_bucket_delete(bucket);
}

/* Input filters that do not change the length of the body. */
static int keeps_length(const ap_filter_t *filter)
{
    static const char *const names[] = {"buffer", "kept_body", "modsecurity_in", NULL};

    for (int i = 0; names[i]; i++) {
        if (strcmp(filter->frec->name, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether an input filter above HTTP_IN may change the length of the body. */
static int is_filtered(const request_rec *r)
{
    const ap_filter_t *filter = r->input_filters;

    while (filter && filter->frec->ftype < AP_FTYPE_PROTOCOL && keeps_length(filter)) {
        filter = filter->next;
    }
    return filter && filter->frec->ftype < AP_FTYPE_PROTOCOL;
}

void pyw_body_settle(pyw_body *body)
{
    const char *data;
    size_t length;

    if (body->result == PYW_OK && !body->brigade && (!body->r->expecting_100 || is_filtered(body->r))) {
        pyw_body_peek(body, APR_NONBLOCK_READ, &data, &length);
    }
}

const char *pyw_body_content_length(const request_rec *r, apr_off_t collected)
{
    const char *text = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t length;

    if (!text || apr_table_get(r->headers_in, "Transfer-Encoding")) {
        return NULL;
    }
    if (collected >= 0) {
        return ap_parse_strict_length(&length, text) && length == collected ? text : NULL;
    }
    return is_filtered(r) ? NULL : text;
}

void pyw_body_continue(pyw_body *body)
{
    request_rec *r = body->r;
    int status = r->status;

    r->status = HTTP_CONTINUE;
    ap_send_interim_response(r, 0);
    r->status = status;
}

int pyw_body_check_limit(request_rec *r)
{
    const char *text = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t limit = ap_get_limit_req_body(r);
    apr_off_t length;

    if (!text || limit <= 0 || apr_table_get(r->headers_in, "Transfer-Encoding") ||
        !ap_parse_strict_length(&length, text) || length <= limit) {
        return OK;
    }
    pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                   PYWNO(0211) "a request body of %" APR_OFF_T_FMT " bytes exceeds LimitRequestBody %" APR_OFF_T_FMT,
                   length, limit);
    return HTTP_REQUEST_ENTITY_TOO_LARGE;
}
