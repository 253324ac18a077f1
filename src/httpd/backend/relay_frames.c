/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay_frames.h"

#include <errno.h>
#include <http_log.h>

#include "base/log.h"
#include "httpd/log/log.h"

APLOG_USE_MODULE(pywsgi);

/* Pieces of the body of at least this size are lent to the output filters; smaller pieces are copied and coalesced. */
#define LENT_MIN (16 * 1024)

void pyw_relay_client_gone(pyw_relay *relay)
{
    if (relay->background.state == PYW_BACKGROUND_REFUSED) {
        pyw_relay_out_of_time(relay); /* httpd itself has shut the client's connection down */
        return;
    }
    pyw_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, relay->response->r, PYWNO(0242) "the client left");
    relay->response->client_gone = 1;
    pyw_relay_give_up(relay, PYW_RELAY_ON_CLIENT_LEFT);
}

static void log_out_of_time(const pyw_relay *relay)
{
    const pyw_response *response = relay->response;
    double age = pyw_timing_age(relay->timing);

    if (relay->state == PYW_RELAY_TAKEN_BACK) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, response->r,
                       PYWNO(0275) "process group '%s': \"%s\" waited for a free thread until its deadline, %.3f s "
                                   "after its arrival (request-timeout); the client gets 504",
                       relay->group->options->name, response->r->the_request, age);
        return;
    }
    pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, response->r,
                   PYWNO(0276) "process group '%s': the deadline of \"%s\" has passed, %.3f s after its arrival "
                               "(request-timeout); %s. The log of the group shows what its thread was doing",
                   relay->group->options->name, response->r->the_request, age,
                   response->passed ? "the response is cut" : "the client gets 504");
}

void pyw_relay_out_of_time(pyw_relay *relay)
{
    if (relay->upload_state < PYW_UPLOAD_DONE) {
        relay->response->r->connection->keepalive = AP_CONN_CLOSE; /* otherwise httpd waits for the rest of the body */
    }
    pyw_relay_give_up(relay, PYW_RELAY_ON_DEADLINE);
    if (!relay->response->ended) { /* otherwise only the application's close() is still running */
        log_out_of_time(relay);
        pyw_response_abort(relay->response, HTTP_GATEWAY_TIME_OUT);
    }
}

static const char *reason_of(pyw_result why)
{
    switch (why) {
    case PYW_EOF:
    case PYW_GONE:
        return "closed the connection";
    case PYW_MALFORMED:
        return "broke the protocol";
    default:
        return "lost its connection";
    }
}

static void out_of_descriptors(pyw_relay *relay)
{
    request_rec *r = relay->response->r;

    pyw_log_rerror(APLOG_MARK, APLOG_ERR, EMFILE, r,
                   PYWNO(0285) "process group '%s': httpd's child has no descriptor left for the file that answers "
                               "\"%s\"; the client "
                               "gets 503, or a response that is cut",
                   relay->group->options->name, r->the_request);
    pyw_response_abort(relay->response, HTTP_SERVICE_UNAVAILABLE);
}

/* Frees the worker's thread for the next request, even if the client is still reading this response. */
static void release_worker(pyw_relay *relay)
{
    relay->response->background = NULL;
    relay->admission->gil_wait_us = *pyw_token_gil_wait(relay->connection->token);
    relay->ahead_error = pyw_channel_ahead_error(relay->channel);
    pyw_relay_end_upload(relay);
    if (relay->upload_state >= PYW_UPLOAD_DONE) {
        pyw_connection_release(relay->connection, relay->group);
    }
    pyw_admission_leave(relay->admission);
}

void pyw_relay_worker_lost(pyw_relay *relay, pyw_result why)
{
    pyw_response *response = relay->response;
    request_rec *r = response->r;

    pyw_relay_step(relay, why == PYW_MALFORMED ? PYW_RELAY_ON_BROKEN : PYW_RELAY_ON_CLOSED);
    if (response->ended || relay->state == PYW_RELAY_CLOSED) {
        return; /* the client has everything, or another worker gets the request */
    }
    if (why == PYW_MALFORMED && pyw_channel_has_lost_fd(relay->channel)) {
        out_of_descriptors(relay);
        return;
    }
    if (response->passed) {
        pyw_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            PYWNO(0244) "process group '%s': the worker %s in the middle of its response to \"%s\"; the response is "
                        "cut and the connection closed",
            relay->group->options->name, reason_of(why), r->the_request);
    }
    else {
        pyw_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            PYWNO(0243) "process group '%s': the worker %s before it answered \"%s\"; the client gets 502. The "
                        "log of the group shows the reason",
            relay->group->options->name, reason_of(why), r->the_request);
    }
    pyw_response_abort(response, HTTP_BAD_GATEWAY);
}

static pyw_result handle_interim(pyw_relay *relay, const pyw_head *head)
{
    pyw_result result;

    if (head->status != HTTP_CONTINUE) {
        result = pyw_relay_step(relay, PYW_RELAY_ON_INTERIM);
        return result == PYW_OK ? pyw_response_interim(relay->response, head) : result;
    }
    result = pyw_relay_step(relay, PYW_RELAY_ON_CONTINUE);
    if (result == PYW_OK) {
        pyw_relay_step_upload(relay, PYW_UPLOAD_ON_CONTINUE);
    }
    if (result == PYW_OK && relay->state == PYW_RELAY_BEGUN) {
        pyw_body_continue(relay->body); /* not in the middle of the response */
    }
    return result;
}

/* The first header that is too long for header-buffer-size as mod_wsgi counts: "name: value" and the end of the line.
 */
static const pyw_pair *long_header(const pyw_relay *relay, const pyw_head *head)
{
    apr_size_t limit = relay->group->options->httpd.header_buffer_size;

    for (uint32_t i = 0; limit > 0 && i < head->count; i++) {
        if ((apr_size_t)head->headers[i].name_length + head->headers[i].value_length + 4 >= limit) {
            return &head->headers[i];
        }
    }
    return NULL;
}

static pyw_result refuse_head(pyw_relay *relay, const pyw_pair *header)
{
    request_rec *r = relay->response->r;

    pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                   PYWNO(0136) "process group '%s': the header '%.*s' of the response to \"%s\" has a value of %lu "
                               "bytes, more than header-buffer-size=%lu allows; the client gets 500",
                   relay->group->options->name, (int)header->name_length, header->name, r->the_request,
                   (unsigned long)header->value_length, (unsigned long)relay->group->options->httpd.header_buffer_size);
    pyw_relay_give_up(relay, PYW_RELAY_ON_LONG_HEADER);
    pyw_response_abort(relay->response, HTTP_INTERNAL_SERVER_ERROR);
    return PYW_OK;
}

static pyw_result handle_head(pyw_relay *relay, const pyw_frame *frame)
{
    pyw_message_head message;
    pyw_head head;
    const pyw_pair *too_long;
    pyw_result result = pyw_message_head_decode(&message, relay->headers, frame->payload, frame->length);

    if (result != PYW_OK) {
        return result;
    }
    if (message.stamp != pyw_message_stamp((uint64_t)relay->timing->arrival)) {
        return PYW_MALFORMED; /* left over from another request on this connection */
    }
    head.status = message.status;
    head.reason = message.reason;
    head.reason_length = message.reason_length;
    head.headers = relay->headers->items;
    head.count = relay->headers->count;
    if (frame->type == PYW_FRAME_INTERIM) {
        return handle_interim(relay, &head);
    }
    result = pyw_relay_step(relay, PYW_RELAY_ON_HEAD);
    too_long = result == PYW_OK ? long_header(relay, &head) : NULL;
    if (too_long) {
        return refuse_head(relay, too_long);
    }
    return result == PYW_OK ? pyw_response_head(relay->response, &head) : result;
}

static pyw_result after_body(pyw_relay *relay, int is_last, int pass)
{
    if (is_last) {
        return pyw_response_end(relay->response);
    }
    return pass ? pyw_response_pass(relay->response) : PYW_OK;
}

static pyw_result handle_data(pyw_relay *relay, const pyw_frame *frame)
{
    int is_last = (frame->flags & PYW_DATA_LAST) && frame->remaining == 0;
    int lent = is_last || frame->length >= LENT_MIN;
    pyw_result result = pyw_relay_step(relay, is_last ? PYW_RELAY_ON_LAST : PYW_RELAY_ON_BODY);
    int pass;

    if (result != PYW_OK) {
        return result;
    }
    if (is_last && pyw_channel_take_end(relay->channel)) {
        pyw_relay_step(relay, PYW_RELAY_ON_END);
        release_worker(relay);
    }
    result = pyw_response_data(relay->response, frame->payload, frame->length, lent);
    /* Always send the head of a stream before its end arrives, so that responses do not depend on timing. */
    pass = lent || !relay->response->passed || relay->response->coalesced >= PYW_RESPONSE_COALESCE_MAX;
    return result == PYW_OK ? after_body(relay, is_last, pass) : result;
}

static pyw_result handle_file(pyw_relay *relay, const pyw_frame *frame)
{
    int is_last = frame->flags & PYW_DATA_LAST;
    uint64_t offset;
    uint64_t length;
    int fd = pyw_channel_take_fd(relay->channel);
    pyw_result result = pyw_message_file_decode(&offset, &length, frame->payload, frame->length);

    if (fd < 0) {
        return PYW_MALFORMED;
    }
    if (result == PYW_OK) {
        result = pyw_relay_step(relay, is_last ? PYW_RELAY_ON_LAST : PYW_RELAY_ON_BODY);
    }
    if (result != PYW_OK) {
        close(fd);
        return result;
    }
    result = pyw_response_file(relay->response, fd, (apr_off_t)offset, length);
    return result == PYW_OK ? after_body(relay, is_last, 1) : result;
}

static pyw_result handle_log(pyw_relay *relay, const pyw_frame *frame)
{
    pyw_log_level level = frame->flags > PYW_LOG_TRACE ? PYW_LOG_TRACE : (pyw_log_level)frame->flags;
    pyw_result result = pyw_relay_step(relay, PYW_RELAY_ON_LOG);

    if (result == PYW_OK) { /* the levels emerg and alert are reserved for httpd: a worker cannot use them */
        pyw_httpd_log_request(relay->response->r, level < PYW_LOG_CRIT ? PYW_LOG_CRIT : level,
                              relay->admission->slot.pid, frame->payload, frame->length);
    }
    return result;
}

static pyw_result handle_end(pyw_relay *relay)
{
    pyw_result result = pyw_relay_step(relay, PYW_RELAY_ON_END);

    if (result != PYW_OK) {
        return result;
    }
    release_worker(relay);
    return pyw_response_end(relay->response);
}

static pyw_result handle_error(pyw_relay *relay, const pyw_frame *frame)
{
    uint16_t status;
    pyw_result result = pyw_message_error_decode(&status, frame->payload, frame->length);

    result = result == PYW_OK ? pyw_relay_step(relay, PYW_RELAY_ON_ERROR) : result;
    if (result == PYW_OK) {
        release_worker(relay);
        pyw_response_abort(relay->response, status);
    }
    return result;
}

static pyw_result handle_taken(pyw_relay *relay)
{
    pyw_result result = pyw_relay_step(relay, PYW_RELAY_ON_TAKEN);

    return result == PYW_OK ? pyw_relay_step_upload(relay, PYW_UPLOAD_ON_TAKEN) : result;
}

static pyw_result dispatch(pyw_relay *relay, const pyw_frame *frame)
{
    switch (frame->type) {
    case PYW_FRAME_HEAD:
    case PYW_FRAME_INTERIM:
        return handle_head(relay, frame);
    case PYW_FRAME_DATA:
        return handle_data(relay, frame);
    case PYW_FRAME_FILE:
        return handle_file(relay, frame);
    case PYW_FRAME_LOG:
        return handle_log(relay, frame);
    case PYW_FRAME_END:
        return handle_end(relay);
    case PYW_FRAME_ERROR:
        return handle_error(relay, frame);
    case PYW_FRAME_TAKEN:
        return handle_taken(relay);
    case PYW_FRAME_GOAWAY:
        return pyw_relay_step(relay, PYW_RELAY_ON_GOAWAY);
    default:
        return PYW_MALFORMED;
    }
}

void pyw_relay_handle_frame(pyw_relay *relay, const pyw_frame *frame)
{
    pyw_result result = dispatch(relay, frame);

    if (result == PYW_GONE) {
        pyw_relay_client_gone(relay);
    }
    else if (result != PYW_OK) {
        pyw_relay_worker_lost(relay, result);
    }
    else if (!pyw_relay_is_over(relay->state) && relay->background.state == PYW_BACKGROUND_REFUSED) {
        pyw_relay_out_of_time(relay);
    }
}
