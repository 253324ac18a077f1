/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay_frames.h"

#include <errno.h>
#include <http_log.h>

#include "base/log.h"
#include "httpd/backend/relay_token.h"
#include "httpd/log.h"

APLOG_USE_MODULE(pywsgi);

/* From this size on a piece of body is lent to the output filters as it lies in the channel's buffer, below it is
 * coalesced. */
#define LENT_MIN (16 * 1024)

void pyw_relay_tell_abort(pyw_relay *relay)
{
    if (!relay->worker_done) {
        pyw_channel_queue(relay->channel, PYW_FRAME_ABORT, 0, NULL, 0, -1);
        pyw_channel_send(relay->channel, 0);
    }
}

void pyw_relay_client_gone(pyw_relay *relay)
{
    if (relay->background.state == PYW_BACKGROUND_REFUSED) {
        pyw_relay_out_of_time(relay); /* it was we who did that to the client */
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, relay->response->r, PYWNO(0242) "the client left");
    relay->response->client_gone = 1;
    pyw_relay_tell_abort(relay);
    relay->over = 1;
}

void pyw_relay_out_of_time(pyw_relay *relay)
{
    pyw_response *response = relay->response;
    request_rec *r = response->r;
    double age = pyw_timing_age(relay->timing);

    relay->over = 1;
    if (relay->uploading) {
        r->connection->keepalive = AP_CONN_CLOSE; /* httpd would wait for the rest of the body */
    }
    if (response->ended) {
        pyw_relay_tell_abort(relay); /* the client has everything, what goes on is the application's close() */
        return;
    }
    if (pyw_relay_token_take(relay)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      PYWNO(0275) "process group '%s': \"%s\" [%s] waited for a free thread until its time was up, "
                                  "%.3f s after it came (request-timeout); the client gets 504",
                      relay->group->options->name, r->the_request, relay->timing->id, age);
    }
    else {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      PYWNO(0276) "process group '%s': the time of \"%s\" [%s] is up, %.3f s after it came "
                                  "(request-timeout); %s. The log of the group says what its thread was doing",
                      relay->group->options->name, r->the_request, relay->timing->id, age,
                      response->passed ? "the response is cut" : "the client gets 504");
    }
    pyw_relay_tell_abort(relay);
    pyw_response_abort(response, HTTP_GATEWAY_TIME_OUT);
}

static const char *words_for(pyw_result why)
{
    switch (why) {
    case PYW_EOF:
    case PYW_GONE:
        return "went away";
    case PYW_MALFORMED:
        return "broke the protocol";
    default:
        return "could not be read from";
    }
}

static void out_of_descriptors(pyw_relay *relay)
{
    request_rec *r = relay->response->r;

    ap_log_rerror(APLOG_MARK, APLOG_ERR, EMFILE, r,
                  PYWNO(0285) "process group '%s': httpd's child cannot take the file that answers \"%s\"; the client "
                              "gets 503, or a response that is cut",
                  relay->group->options->name, r->the_request);
    pyw_response_abort(relay->response, HTTP_SERVICE_UNAVAILABLE);
}

/* Its thread is free for the next request, whatever the client of this one does. */
static void worker_is_done(pyw_relay *relay)
{
    relay->worker_done = 1;
    relay->response->background = NULL;
    relay->ahead_error = pyw_channel_ahead_error(relay->channel);
    if (!relay->uploading) {
        pyw_connection_keep(relay->connection, relay->group);
    }
    pyw_admission_leave(relay->admission);
}

void pyw_relay_worker_lost(pyw_relay *relay, pyw_result why)
{
    pyw_response *response = relay->response;
    request_rec *r = response->r;

    relay->over = 1;
    relay->worker_done = 1;
    if (response->ended) {
        return; /* the client has everything; the group's log says what became of the worker */
    }
    if (why != PYW_MALFORMED && pyw_relay_token_take(relay)) {
        relay->is_stale = relay->connection->is_kept;
        relay->goaway = !relay->is_stale;
        return;
    }
    if (why == PYW_MALFORMED && pyw_channel_has_lost_fd(relay->channel)) {
        out_of_descriptors(relay);
        return;
    }
    if (response->passed) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            PYWNO(0244) "process group '%s': the worker %s in the middle of its answer to \"%s\"; the response is "
                        "cut and the connection closed",
            relay->group->options->name, words_for(why), r->the_request);
    }
    else {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            PYWNO(0243) "process group '%s': the worker %s before it answered \"%s\"; the client gets 502. The "
                        "log of the group says what became of it",
            relay->group->options->name, words_for(why), r->the_request);
    }
    pyw_response_abort(response, HTTP_BAD_GATEWAY);
}

static pyw_result take_head(pyw_relay *relay, const pyw_frame *frame, int is_interim)
{
    pyw_message_head message;
    pyw_head head;
    pyw_result result = pyw_message_head_decode(&message, relay->headers, frame->payload, frame->length);

    if (result != PYW_OK) {
        return result;
    }
    if (message.stamp != pyw_message_stamp((uint64_t)relay->timing->arrival)) {
        return PYW_MALFORMED; /* left over from another request on this connection */
    }
    if (is_interim && message.status == HTTP_CONTINUE) {
        relay->awaits_continue = 0;
        pyw_body_continue(relay->body);
        return PYW_OK;
    }
    head.status = message.status;
    head.reason = message.reason;
    head.reason_length = message.reason_length;
    head.headers = relay->headers->items;
    head.count = relay->headers->count;
    return is_interim ? pyw_response_interim(relay->response, &head) : pyw_response_head(relay->response, &head);
}

static pyw_result after_body(pyw_relay *relay, int is_last, int pass)
{
    if (is_last) {
        return pyw_response_end(relay->response);
    }
    return pass ? pyw_response_pass(relay->response) : PYW_OK;
}

static pyw_result take_data(pyw_relay *relay, const pyw_frame *frame)
{
    int is_last = (frame->flags & PYW_DATA_LAST) && frame->remaining == 0;
    int lent = is_last || frame->length >= LENT_MIN;
    int is_over = 0;
    pyw_result result;
    int pass;

    if (!relay->response->has_head || relay->response->ended) {
        return PYW_MALFORMED;
    }
    if (is_last && pyw_channel_take_end(relay->channel)) {
        is_over = 1;
        worker_is_done(relay);
    }
    result = pyw_response_data(relay->response, frame->payload, frame->length, lent);
    /* The head of a stream goes ahead of its end, however fast that comes: the answer must not depend on the timing. */
    pass = lent || !relay->response->passed || relay->response->coalesced >= PYW_RESPONSE_COALESCE_MAX;
    result = result == PYW_OK ? after_body(relay, is_last, pass) : result;
    relay->over = is_over && result == PYW_OK;
    return result;
}

static pyw_result take_file(pyw_relay *relay, const pyw_frame *frame)
{
    uint64_t offset;
    uint64_t length;
    int fd = pyw_channel_take_fd(relay->channel);
    pyw_result result = pyw_message_file_decode(&offset, &length, frame->payload, frame->length);

    if (fd < 0) {
        return PYW_MALFORMED;
    }
    if (result != PYW_OK || !relay->response->has_head || relay->response->ended) {
        close(fd);
        return PYW_MALFORMED;
    }
    result = pyw_response_file(relay->response, fd, (apr_off_t)offset, length);
    return result == PYW_OK ? after_body(relay, frame->flags & PYW_DATA_LAST, 1) : result;
}

static pyw_result take_log(pyw_relay *relay, const pyw_frame *frame)
{
    pyw_log_level level = frame->flags > PYW_LOG_TRACE ? PYW_LOG_TRACE : (pyw_log_level)frame->flags;

    /* emerg and alert are the server's own: a worker cannot raise them. */
    pyw_httpd_log_request(relay->response->r, level < PYW_LOG_CRIT ? PYW_LOG_CRIT : level, relay->admission->slot.pid,
                          frame->payload, frame->length);
    return PYW_OK;
}

static pyw_result take_end(pyw_relay *relay)
{
    pyw_result result;

    if (!relay->response->has_head) {
        return PYW_MALFORMED;
    }
    worker_is_done(relay);
    result = pyw_response_end(relay->response);
    relay->over = result != PYW_MALFORMED;
    return result;
}

static pyw_result take_error(pyw_relay *relay, const pyw_frame *frame)
{
    uint16_t status;
    pyw_result result = pyw_message_error_decode(&status, frame->payload, frame->length);

    if (result == PYW_OK) {
        relay->over = 1;
        worker_is_done(relay);
        pyw_response_abort(relay->response, status);
    }
    return result;
}

static pyw_result take_taken(pyw_relay *relay)
{
    if (!relay->awaits_taken) {
        return PYW_MALFORMED;
    }
    relay->awaits_taken = 0;
    return PYW_OK;
}

static pyw_result take_goaway(pyw_relay *relay)
{
    relay->over = 1;
    relay->goaway = 1;
    return PYW_OK;
}

/* Who speaks of a request has begun it, but for GOAWAY: that one has not. */
static int is_whose_it_says(pyw_relay *relay, const pyw_frame *frame)
{
    return pyw_relay_token_take(relay) == (frame->type == PYW_FRAME_GOAWAY);
}

static pyw_result dispatch(pyw_relay *relay, const pyw_frame *frame)
{
    switch (frame->type) {
    case PYW_FRAME_HEAD:
        return take_head(relay, frame, 0);
    case PYW_FRAME_INTERIM:
        return take_head(relay, frame, 1);
    case PYW_FRAME_DATA:
        return take_data(relay, frame);
    case PYW_FRAME_FILE:
        return take_file(relay, frame);
    case PYW_FRAME_LOG:
        return take_log(relay, frame);
    case PYW_FRAME_END:
        return take_end(relay);
    case PYW_FRAME_ERROR:
        return take_error(relay, frame);
    case PYW_FRAME_TAKEN:
        return take_taken(relay);
    case PYW_FRAME_GOAWAY:
        return take_goaway(relay);
    default:
        return PYW_MALFORMED;
    }
}

void pyw_relay_take_frame(pyw_relay *relay, const pyw_frame *frame)
{
    pyw_result result = is_whose_it_says(relay, frame) ? dispatch(relay, frame) : PYW_MALFORMED;

    if (result == PYW_OK && !relay->over && relay->background.state == PYW_BACKGROUND_REFUSED) {
        pyw_relay_out_of_time(relay);
    }
    if (result == PYW_OK || relay->over) {
        return;
    }
    if (result == PYW_GONE) {
        pyw_relay_client_gone(relay);
        return;
    }
    pyw_relay_worker_lost(relay, result);
}
