/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/response.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <poll.h>
#include <util_filter.h>

#include "base/log.h"
#include "httpd/request/client_socket.h"
#include "httpd/response/file.h"
#include "httpd/response/head.h"

APLOG_USE_MODULE(pywsgi);

/* httpd's core output filter writes this many bytes immediately. */
enum { HELD_BACK_MAX = 4096 };

#ifndef HTTP_EARLY_HINTS
#define HTTP_EARLY_HINTS 103
#endif

void pyw_response_init(pyw_response *response, request_rec *r, const pyw_dir_config *config)
{
    memset(response, 0, sizeof(*response));
    response->r = r;
    response->error_override = config->error_override == PYW_ON;
    response->sendfile = config->enable_sendfile;
    response->brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
}

/*
 * Counts against the Content-Length. If the body is longer or shorter, the client, or a proxy that shares the
 * connection among clients, misreads the next response.
 */
static int count_bytes(pyw_response *response, apr_uint64_t length)
{
    if (response->bounded && length > response->left) {
        return 0;
    }
    response->left -= response->bounded ? length : 0;
    return 1;
}

pyw_result pyw_response_head(pyw_response *response, const pyw_head *head)
{
    pyw_result result;

    if (response->has_head || head->status < 200 || head->status > 599) {
        return PYW_MALFORMED;
    }
    result = pyw_response_head_apply(response->r, head);
    if (result == PYW_OK) {
        response->has_head = 1;
        response->bounded = apr_table_get(response->r->headers_out, "Content-Length") != NULL;
        response->left = response->bounded ? (apr_uint64_t)response->r->clength : 0;
        if (response->error_override && ap_is_HTTP_ERROR(head->status)) {
            response->overridden = head->status;
            pyw_response_head_override(response->r);
        }
    }
    return result;
}

pyw_result pyw_response_interim(pyw_response *response, const pyw_head *head)
{
    request_rec *r = response->r;
    const char *line = r->status_line;
    int status = r->status;
    apr_table_t *headers = r->headers_out;
    apr_off_t length = r->clength;
    int expecting_100 = r->expecting_100;
    pyw_result result;

    if (response->has_head || !ap_is_HTTP_INFO(head->status) || head->status == HTTP_SWITCHING_PROTOCOLS) {
        return PYW_MALFORMED;
    }
    r->headers_out = apr_table_make(r->pool, 4);
    result = pyw_response_head_apply(r, head);
    if (result == PYW_OK) {
        if (head->reason_length == 0) {
            r->status_line = head->status == HTTP_EARLY_HINTS ? "103 Early Hints" : ap_get_status_line(head->status);
        }
        pyw_background_begin(response->background);
        ap_send_interim_response(r, 1);
        pyw_background_end(response->background);
    }
    r->headers_out = headers;
    r->clength = length;
    r->expecting_100 = expecting_100; /* a 1xx of the application does not change it */
    r->status = status;
    r->status_line = line;
    return result;
}

/* Whether the client sees where the body ends. Known once the output filters have had the head. */
static int is_delimited(const request_rec *r)
{
    return r->chunked || apr_table_get(r->headers_out, "Content-Length");
}

/*
 * Shows the client that the body is truncated. Where the end of the connection means the end of the body (HTTP/1.0),
 * only a reset can do this.
 */
static void show_truncation(const request_rec *r)
{
    int fd = pyw_client_socket_fd(r->connection);

    if (fd >= 0 && !is_delimited(r)) {
        pyw_client_socket_reset(fd);
        r->connection->aborted = 1;
    }
}

/*
 * A filter that has sent its own response returns AP_FILTER_ERROR. After any other error, shows that the body is
 * truncated, also to a client that httpd has given up as too slow.
 */
static void truncate_after(apr_status_t rv, const request_rec *r)
{
    if (rv != APR_SUCCESS && rv != AP_FILTER_ERROR) {
        r->connection->keepalive = AP_CONN_CLOSE;
        show_truncation(r);
        r->connection->aborted = 1;
    }
}

pyw_result pyw_response_pass(pyw_response *response)
{
    request_rec *r = response->r;
    apr_status_t rv;

    if (APR_BRIGADE_EMPTY(response->brigade)) {
        return response->client_gone ? PYW_GONE : PYW_OK;
    }
    response->passed = 1;
    response->unflushed = 1;
    response->coalesced = 0;
    pyw_background_begin(response->background);
    rv = ap_pass_brigade(r->output_filters, response->brigade);
    pyw_background_end(response->background);
    if (!response->ended) {
        response->delimited = is_delimited(r); /* for the next pass */
    }
    apr_brigade_cleanup(response->brigade);
    truncate_after(rv, r);
    if (rv != APR_SUCCESS || r->connection->aborted) {
        response->client_gone = 1;
        return PYW_GONE;
    }
    return PYW_OK;
}

static void append_bucket(pyw_response *response, apr_bucket *bucket)
{
    APR_BRIGADE_INSERT_TAIL(response->brigade, bucket);
}

pyw_result pyw_response_data(pyw_response *response, const void *data, size_t length, int lent)
{
    apr_bucket_alloc_t *alloc = response->r->connection->bucket_alloc;

    if (response->client_gone) {
        return PYW_GONE;
    }
    if (length == 0 || response->overridden) {
        return PYW_OK;
    }
    if (!count_bytes(response, length)) {
        return PYW_MALFORMED;
    }
    response->coalesced += length;
    if (lent) {
        append_bucket(response, apr_bucket_transient_create(data, length, alloc));
        return PYW_OK;
    }
    /* Coalesces small blocks. */
    return apr_brigade_write(response->brigade, NULL, NULL, data, length) == APR_SUCCESS ? PYW_OK : PYW_FAILED;
}

pyw_result pyw_response_file(pyw_response *response, int fd, apr_off_t offset, apr_uint64_t length)
{
    if (!pyw_response_file_has(fd, offset, length)) {
        close(fd);
        return PYW_MALFORMED;
    }
    if (length == 0 || response->overridden || response->client_gone) {
        close(fd);
        return response->client_gone ? PYW_GONE : PYW_OK;
    }
    if (!count_bytes(response, length)) {
        close(fd);
        return PYW_MALFORMED;
    }
    response->coalesced += (size_t)length;
    pyw_response_file_append(response->brigade, response->r, response->sendfile, fd, offset, length);
    return PYW_OK;
}

/*
 * After the end of the response only the connection's filters can be flushed. They delay small responses for
 * pipelining.
 */
static pyw_result flush_connection(pyw_response *response)
{
    conn_rec *c = response->r->connection;

    append_bucket(response, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, response->brigade);
    apr_brigade_cleanup(response->brigade);
    return PYW_OK;
}

pyw_result pyw_response_flush(pyw_response *response)
{
    pyw_result result;

    if (response->client_gone) {
        return PYW_GONE;
    }
    if (response->overridden || (APR_BRIGADE_EMPTY(response->brigade) && !response->unflushed)) {
        return PYW_OK;
    }
    if (response->ended) {
        result = flush_connection(response);
    }
    else {
        append_bucket(response, apr_bucket_flush_create(response->r->connection->bucket_alloc));
        result = pyw_response_pass(response);
    }
    response->unflushed = 0;
    return result;
}

pyw_result pyw_response_end(pyw_response *response)
{
    const request_rec *r = response->r;
    /*
     * httpd would delay a small response until it has checked for another request and logged this one. A larger
     * response, or a response that httpd has begun to write, is not flushed: a flush could wait for the client.
     */
    int is_delayed = !r->connection->master && !response->unflushed && response->coalesced < HELD_BACK_MAX;
    int is_short = response->bounded && response->left > 0 && !response->client_gone && !r->header_only &&
                   !AP_STATUS_IS_HEADER_ONLY(r->status);
    pyw_result result;

    if (response->ended) {
        return PYW_OK;
    }
    if (!response->overridden && is_short) {
        return PYW_MALFORMED;
    }
    response->ended = 1;
    if (response->overridden) {
        return PYW_OK;
    }
    append_bucket(response, apr_bucket_eos_create(response->r->connection->bucket_alloc));
    result = pyw_response_pass(response);
    return result == PYW_OK && is_delayed ? pyw_response_flush(response) : result;
}

/*
 * The error bucket prevents the chunk filter from writing the last chunk, and makes HTTP/2 reset the stream. With a
 * Content-Length, closing the connection shows the truncation.
 */
static void truncate_body(pyw_response *response)
{
    request_rec *r = response->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;

    r->connection->keepalive = AP_CONN_CLOSE;
    append_bucket(response, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool, alloc));
    append_bucket(response, apr_bucket_eos_create(alloc));
    pyw_response_pass(response);
    show_truncation(r);
}

void pyw_response_abort(pyw_response *response, int status)
{
    if (response->ended) {
        return;
    }
    response->ended = 1;
    if (response->overridden) {
        return;
    }
    if (response->passed) {
        truncate_body(response);
        return;
    }
    apr_brigade_cleanup(response->brigade);
    if (response->has_head) {
        pyw_response_head_undo(response->r);
    }
    response->overridden = status;
}

int pyw_response_result(const pyw_response *response)
{
    if (response->overridden) {
        return response->overridden;
    }
    return response->client_gone && !response->passed ? HTTP_BAD_REQUEST : OK;
}

int pyw_response_client_gone(const pyw_response *response)
{
    conn_rec *c = response->r->connection;
    struct pollfd client = {-1, POLLRDHUP, 0};

    if (response->client_gone || c->aborted) {
        return 1;
    }
    client.fd = pyw_client_socket_fd(c);
    if (client.fd >= 0 && poll(&client, 1, 0) == 1) {
        return (client.revents & (POLLRDHUP | POLLERR | POLLHUP | POLLNVAL)) != 0;
    }
    return 0;
}
