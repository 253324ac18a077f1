/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/response.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <poll.h>
#include <sys/socket.h>
#include <util_filter.h>

#include "base/log.h"
#include "httpd/client_socket.h"
#include "httpd/response/file.h"
#include "httpd/response/head.h"

APLOG_USE_MODULE(pywsgi);

/* From so many bytes on httpd's core writes at once what it is given. */
enum { HELD_BACK_MAX = 4096 };

#ifndef HTTP_EARLY_HINTS
#define HTTP_EARLY_HINTS 103
#endif

void pyw_reply_init(pyw_reply *reply, request_rec *r, const pyw_dir_config *config)
{
    memset(reply, 0, sizeof(*reply));
    reply->r = r;
    reply->error_override = config->error_override == PYW_ON;
    reply->sendfile = config->enable_sendfile;
    reply->brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
}

/*
 * A body that is longer or shorter than its Content-Length would make the client, or a proxy that shares the connection
 * among clients, take what follows for something else.
 */
static void expect_length(pyw_reply *reply)
{
    reply->bounded = apr_table_get(reply->r->headers_out, "Content-Length") != NULL;
    reply->left = reply->bounded ? (apr_uint64_t)reply->r->clength : 0;
}

static int count(pyw_reply *reply, apr_uint64_t length)
{
    if (reply->bounded && length > reply->left) {
        return 0;
    }
    reply->left -= reply->bounded ? length : 0;
    return 1;
}

static int is_short(const pyw_reply *reply)
{
    const request_rec *r = reply->r;

    return reply->bounded && reply->left > 0 && !reply->client_gone && !r->header_only &&
           !AP_STATUS_IS_HEADER_ONLY(r->status);
}

pyw_result pyw_reply_head(pyw_reply *reply, const pyw_head *head)
{
    pyw_result result;

    if (reply->has_head || head->status < 200 || head->status > 599) {
        return PYW_MALFORMED;
    }
    result = pyw_reply_head_apply(reply->r, head);
    if (result == PYW_OK) {
        reply->has_head = 1;
        expect_length(reply);
        if (reply->error_override && ap_is_HTTP_ERROR(head->status)) {
            reply->overridden = head->status;
            pyw_reply_head_override(reply->r);
        }
    }
    return result;
}

/* Around what may wait for the client: the worker is not to. When the body is complete it does not in any case. */
static pyw_absorption *begin_wait(pyw_reply *reply)
{
    pyw_absorption *absorption = reply->absorption;

    if (absorption) {
        pyw_absorber_begin(absorption);
    }
    return absorption;
}

static void end_wait(pyw_absorption *absorption)
{
    if (absorption) {
        pyw_absorber_end(absorption);
    }
}

pyw_result pyw_reply_interim(pyw_reply *reply, const pyw_head *head)
{
    request_rec *r = reply->r;
    const char *line = r->status_line;
    int status = r->status;
    apr_table_t *headers = r->headers_out;
    apr_off_t length = r->clength;
    int expecting_100 = r->expecting_100;
    pyw_absorption *absorption;
    pyw_result result;

    if (reply->has_head || !ap_is_HTTP_INFO(head->status) || head->status == HTTP_SWITCHING_PROTOCOLS) {
        return PYW_MALFORMED;
    }
    r->headers_out = apr_table_make(r->pool, 4);
    result = pyw_reply_head_apply(r, head);
    if (result == PYW_OK) {
        if (head->reason_length == 0) {
            r->status_line = head->status == HTTP_EARLY_HINTS ? "103 Early Hints" : ap_get_status_line(head->status);
        }
        absorption = begin_wait(reply);
        ap_send_interim_response(r, 1);
        end_wait(absorption);
    }
    r->headers_out = headers;
    r->clength = length;
    r->expecting_100 = expecting_100; /* this was no answer to it */
    r->status = status;
    r->status_line = line;
    return result;
}

/* To a client of HTTP/1.0 the end of the connection may be that of the response: only a reset shows the cut. */
static void reset_connection(conn_rec *c)
{
    const struct linger at_once = {1, 0};
    int fd = pyw_conn_fd(c);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0) {
        c->aborted = 1; /* else httpd would end it in peace */
    }
}

/* A part of the body is missing. Unless a length or a missing last chunk tells the client, a reset does. */
static void show_cut(const request_rec *r)
{
    if (!r->chunked && !apr_table_get(r->headers_out, "Content-Length")) {
        reset_connection(r->connection);
    }
}

/* A filter that has answered the request itself returns AP_FILTER_ERROR. With any other error a part is missing. */
static void cut_after(apr_status_t rv, const request_rec *r)
{
    if (rv != APR_SUCCESS && rv != AP_FILTER_ERROR && !r->connection->aborted) {
        r->connection->keepalive = AP_CONN_CLOSE;
        show_cut(r);
        r->connection->aborted = 1;
    }
}

pyw_result pyw_reply_pass(pyw_reply *reply)
{
    request_rec *r = reply->r;
    pyw_absorption *absorption;
    apr_status_t rv;

    if (APR_BRIGADE_EMPTY(reply->brigade)) {
        return reply->client_gone ? PYW_GONE : PYW_OK;
    }
    reply->passed = 1;
    reply->unflushed = 1;
    reply->gathered = 0;
    absorption = begin_wait(reply);
    rv = ap_pass_brigade(r->output_filters, reply->brigade);
    end_wait(absorption);
    apr_brigade_cleanup(reply->brigade);
    cut_after(rv, r);
    if (rv != APR_SUCCESS || r->connection->aborted) {
        reply->client_gone = 1;
        return PYW_GONE;
    }
    return PYW_OK;
}

static void append(pyw_reply *reply, apr_bucket *bucket)
{
    APR_BRIGADE_INSERT_TAIL(reply->brigade, bucket);
}

pyw_result pyw_reply_data(pyw_reply *reply, const void *data, size_t length, int lent)
{
    apr_bucket_alloc_t *alloc = reply->r->connection->bucket_alloc;

    if (reply->client_gone) {
        return PYW_GONE;
    }
    if (length == 0 || reply->overridden) {
        return PYW_OK;
    }
    if (!count(reply, length)) {
        return PYW_MALFORMED;
    }
    reply->gathered += length;
    if (lent) {
        append(reply, apr_bucket_transient_create(data, length, alloc));
        return PYW_OK;
    }
    /* Puts small blocks together. */
    return apr_brigade_write(reply->brigade, NULL, NULL, data, length) == APR_SUCCESS ? PYW_OK : PYW_FAILED;
}

pyw_result pyw_reply_file(pyw_reply *reply, int fd, apr_off_t offset, apr_uint64_t length)
{
    if (!pyw_reply_file_has(fd, offset, length)) {
        close(fd);
        return PYW_MALFORMED;
    }
    if (length == 0 || reply->overridden || reply->client_gone) {
        close(fd);
        return reply->client_gone ? PYW_GONE : PYW_OK;
    }
    if (!count(reply, length)) {
        close(fd);
        return PYW_MALFORMED;
    }
    reply->gathered += (size_t)length;
    pyw_reply_file_append(reply->brigade, reply->r, reply->sendfile, fd, offset, length);
    return PYW_OK;
}

/* Behind the end of the response only the connection's filters are left: they hold small responses back for the next
 * one. */
static pyw_result flush_connection(pyw_reply *reply)
{
    conn_rec *c = reply->r->connection;

    append(reply, apr_bucket_flush_create(c->bucket_alloc));
    ap_pass_brigade(c->output_filters, reply->brigade);
    apr_brigade_cleanup(reply->brigade);
    return PYW_OK;
}

pyw_result pyw_reply_flush(pyw_reply *reply)
{
    pyw_result result;

    if (reply->client_gone) {
        return PYW_GONE;
    }
    if (reply->overridden || (APR_BRIGADE_EMPTY(reply->brigade) && !reply->unflushed)) {
        return PYW_OK;
    }
    if (reply->ended) {
        result = flush_connection(reply);
    }
    else {
        append(reply, apr_bucket_flush_create(reply->r->connection->bucket_alloc));
        result = pyw_reply_pass(reply);
    }
    reply->unflushed = 0;
    return result;
}

/*
 * A response that httpd would hold back until it has looked for another request and logged this one. With one that it
 * has begun to write already, or that may not fit into the socket, a flush could wait for the client.
 */
static int is_held_back(const pyw_reply *reply)
{
    return !reply->r->connection->master && !reply->unflushed && reply->gathered < HELD_BACK_MAX;
}

pyw_result pyw_reply_end(pyw_reply *reply)
{
    int held_back = is_held_back(reply);
    pyw_result result;

    if (reply->ended) {
        return PYW_OK;
    }
    if (!reply->overridden && is_short(reply)) {
        return PYW_MALFORMED;
    }
    reply->ended = 1;
    if (reply->overridden) {
        return PYW_OK;
    }
    append(reply, apr_bucket_eos_create(reply->r->connection->bucket_alloc));
    result = pyw_reply_pass(reply);
    return result == PYW_OK && held_back ? pyw_reply_flush(reply) : result;
}

/*
 * The error bucket keeps the chunk filter from writing the last chunk, and makes HTTP/2 reset the stream; closing the
 * connection shows the cut of a body that had a Content-Length.
 */
static void truncate_body(pyw_reply *reply)
{
    request_rec *r = reply->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;

    r->connection->keepalive = AP_CONN_CLOSE;
    append(reply, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool, alloc));
    append(reply, apr_bucket_eos_create(alloc));
    pyw_reply_pass(reply);
    show_cut(r);
}

void pyw_reply_abort(pyw_reply *reply, int status)
{
    if (reply->ended) {
        return;
    }
    reply->ended = 1;
    if (reply->overridden) {
        return;
    }
    if (reply->passed) {
        truncate_body(reply);
        return;
    }
    apr_brigade_cleanup(reply->brigade);
    if (reply->has_head) {
        pyw_reply_head_undo(reply->r);
    }
    reply->overridden = status;
}

int pyw_reply_result(const pyw_reply *reply)
{
    if (reply->overridden) {
        return reply->overridden;
    }
    return reply->client_gone && !reply->passed ? HTTP_BAD_REQUEST : OK;
}

int pyw_reply_client_gone(const pyw_reply *reply)
{
    conn_rec *c = reply->r->connection;
    struct pollfd client = {-1, POLLRDHUP, 0};

    if (reply->client_gone || c->aborted) {
        return 1;
    }
    client.fd = pyw_conn_fd(c);
    if (client.fd >= 0 && poll(&client, 1, 0) == 1) {
        return (client.revents & (POLLRDHUP | POLLERR | POLLHUP | POLLNVAL)) != 0;
    }
    return 0;
}
