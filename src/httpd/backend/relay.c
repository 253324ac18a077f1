/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay.h"

#include <errno.h>
#include <http_log.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/backend/relay_buffering.h"
#include "httpd/backend/relay_frames.h"
#include "httpd/log/log.h"
#include "httpd/queue/batch_scheduling.h"
#include "httpd/request/client_socket.h"

APLOG_USE_MODULE(pywsgi);

/*
 * The longest single wait: mod_reqtimeout checks a slow body only when it is read. A stream of HTTP/2 has no socket of
 * its own to wait for, so its client is checked more often, and immediately while its body arrives.
 */
#define SLICE_MS 1000
#define SLICE_STREAM_MS 100
#define SLICE_STREAM_FIRST_MS 1

/* Pieces that are sent in one direction before the other direction is served. */
#define PIECES_IN_TURN 32

/* The client did not send the whole body. The worker must not mistake its part for the complete body. */
static void upload_failed(pyw_relay *relay, pyw_result result)
{
    if (result == PYW_GONE) {
        pyw_relay_client_gone(relay);
        return;
    }
    pyw_relay_give_up(relay, PYW_RELAY_ON_BODY_FAILED);
    pyw_response_abort(relay->response, relay->body->status);
}

/*
 * Sends the queue without waiting. 0: the worker takes nothing now, and the queue is dropped. Frames that the worker
 * sent before it closed are still read.
 */
static int send_some(pyw_relay *relay)
{
    pyw_result result = pyw_channel_send(relay->channel, 0);

    if (result == PYW_OK) {
        relay->last_activity = pyw_clock_us();
        return 1;
    }
    if (result == PYW_AGAIN || result == PYW_GONE) {
        pyw_relay_step_upload(relay, result == PYW_AGAIN ? PYW_UPLOAD_ON_FULL : PYW_UPLOAD_ON_REFUSED);
    }
    else {
        pyw_relay_worker_lost(relay, result);
    }
    return 0;
}

/* Sends one piece of the body. 0: nothing more can be sent now. */
static int upload_piece(pyw_relay *relay)
{
    const char *data;
    size_t length;
    pyw_result result = pyw_body_peek(relay->body, APR_NONBLOCK_READ, &data, &length);

    if (result == PYW_OK) {
        pyw_channel_queue(relay->channel, PYW_FRAME_DATA, 0, data, length, -1);
        if (!send_some(relay)) {
            return 0;
        }
        relay->stream_slice = SLICE_STREAM_FIRST_MS;
        pyw_body_consume(relay->body, length);
        return 1;
    }
    if (result == PYW_EOF) {
        pyw_channel_queue(relay->channel, PYW_FRAME_END, 0, NULL, 0, -1);
        if (send_some(relay)) {
            pyw_relay_step_upload(relay, PYW_UPLOAD_ON_END);
        }
    }
    else if (result != PYW_AGAIN) {
        upload_failed(relay, result);
    }
    return 0;
}

static int can_upload(const pyw_relay *relay)
{
    return relay->upload_state == PYW_UPLOAD_FLOWS && !pyw_channel_has_output(relay->channel);
}

/* 1: more of the body may be available: do not wait for the client's socket. */
static int send_body(pyw_relay *relay)
{
    for (int i = 0; i < PIECES_IN_TURN && can_upload(relay); i++) {
        if (!upload_piece(relay)) {
            return 0;
        }
    }
    return can_upload(relay);
}

static void download(pyw_relay *relay, int is_worker_gone)
{
    pyw_result result = PYW_OK;

    for (int i = 0; i < PIECES_IN_TURN && !pyw_relay_is_over(relay->state); i++) {
        pyw_frame frame;

        result = pyw_channel_read(relay->channel, &frame, 0);
        if (result != PYW_OK) {
            break;
        }
        pyw_relay_handle_frame(relay, &frame);
        relay->last_activity = pyw_clock_us(); /* afterwards, as the client may have been slow */
    }
    if (pyw_relay_is_over(relay->state) || result == PYW_OK) {
        return;
    }
    if (result != PYW_AGAIN || is_worker_gone) {
        pyw_relay_worker_lost(relay, result == PYW_AGAIN ? PYW_EOF : result);
    }
    else if (pyw_response_flush(relay->response) == PYW_GONE) {
        pyw_relay_client_gone(relay);
    }
}

static void timed_out(pyw_relay *relay)
{
    request_rec *r = relay->response->r;
    int is_for_client = can_upload(relay);

    pyw_relay_give_up(relay, PYW_RELAY_ON_SILENCE);
    if (is_for_client) {
        pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, PYWNO(0240) "the client stopped sending its request body");
        pyw_response_abort(relay->response, HTTP_REQUEST_TIME_OUT);
        return;
    }
    pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                   PYWNO(0241) "process group '%s': the worker that runs \"%s\" sent nothing for %ld s "
                               "(socket-timeout); %s",
                   relay->group->options->name, r->the_request, (long)apr_time_sec(relay->timeout),
                   relay->response->passed ? "the response is cut" : "the client gets 504");
    pyw_response_abort(relay->response, HTTP_GATEWAY_TIME_OUT);
}

/* Doubles with each wait, so that an idle stream costs little. */
static int next_stream_slice(pyw_relay *relay)
{
    int slice = relay->stream_slice;

    if (relay->upload_state != PYW_UPLOAD_FLOWS || slice == 0 || slice > SLICE_STREAM_MS) {
        return SLICE_STREAM_MS;
    }
    relay->stream_slice = slice * 2;
    return slice;
}

static int slice_ms(pyw_relay *relay, int has_more)
{
    apr_interval_time_t left = relay->last_activity + relay->timeout - pyw_clock_us();
    apr_interval_time_t slice;

    if (pyw_channel_has_input(relay->channel) || has_more || left <= 0) {
        return 0;
    }
    slice = relay->client_fd < 0 ? next_stream_slice(relay) : SLICE_MS;
    left = apr_time_as_msec(left) + 1;
    return pyw_timing_bound(relay->timing, (int)(left < slice ? left : slice));
}

static short client_events(const pyw_relay *relay)
{
    if (can_upload(relay)) {
        return POLLIN;
    }
    return relay->upload_state == PYW_UPLOAD_DONE ? POLLRDHUP : 0;
}

/*
 * The client has closed its sending side. Most such clients have left, but some still read their response. LEFT is a
 * hint: it is dropped if the worker takes nothing now.
 */
static void send_left(pyw_relay *relay)
{
    pyw_relay_step_upload(relay, PYW_UPLOAD_ON_LEFT);
    pyw_channel_queue(relay->channel, PYW_FRAME_LEFT, 0, NULL, 0, -1);
    pyw_channel_send(relay->channel, 0);
}

/*
 * A process that a worker started may have inherited the connection, which then outlives the worker. The check happens
 * only while the worker sends nothing. If another process has the pid by now, socket-timeout is the limit.
 */
static int is_worker_gone(const pyw_relay *relay)
{
    const pyw_admission *admission = relay->admission;

    return admission->has_slot && admission->slot.pid > 0 && kill((pid_t)admission->slot.pid, 0) != 0 && errno == ESRCH;
}

/* Waits until one side sends something, or can take something. 1: the worker's process has exited. */
static int wait_for_either(pyw_relay *relay, int has_more)
{
    conn_rec *c = relay->response->r->connection;
    int has_output = pyw_channel_has_output(relay->channel);
    int is_full = has_output || relay->upload_state == PYW_UPLOAD_FULL;
    struct pollfd fds[2] = {
        {pyw_channel_fd(relay->channel), (short)(POLLIN | (is_full ? POLLOUT : 0)), 0},
        {relay->client_fd, client_events(relay), 0},
    };
    int ready = poll(fds, 2, slice_ms(relay, has_more));

    /* POLLNVAL: httpd exits, and has closed its clients' sockets while its threads use them. */
    if (ready >= 0 && (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL) || c->aborted)) {
        pyw_relay_client_gone(relay);
        return 0;
    }
    if (fds[1].revents & POLLRDHUP) {
        send_left(relay);
    }
    if (fds[0].revents & POLLOUT) {
        pyw_relay_step_upload(relay, PYW_UPLOAD_ON_WRITABLE);
        if (has_output) {
            send_some(relay);
        }
    }
    if (ready == 0 && pyw_clock_us() - relay->last_activity >= relay->timeout &&
        !pyw_channel_has_input(relay->channel)) {
        timed_out(relay);
    }
    return ready == 0 && is_worker_gone(relay);
}

/* The collected part of the body. */
static void queue_body(pyw_relay *relay, unsigned char file[PYW_MESSAGE_FILE_SIZE])
{
    const pyw_upload *upload = relay->upload;

    if (upload->fd >= 0) {
        pyw_message_file_encode(file, 0, upload->in_file);
        pyw_channel_queue(relay->channel, PYW_FRAME_FILE, 0, file, PYW_MESSAGE_FILE_SIZE, upload->fd);
    }
    pyw_channel_queue(relay->channel, PYW_FRAME_DATA, 0, upload->memory.data, upload->memory.length, -1);
    if (upload->has_body && upload->complete) {
        pyw_channel_queue(relay->channel, PYW_FRAME_END, 0, NULL, 0, -1);
    }
}

static uint16_t request_flags(const pyw_upload *upload)
{
    return (uint16_t)((upload->has_body ? PYW_REQUEST_BODY : 0) | (upload->complete ? 0 : PYW_REQUEST_CONFIRM) |
                      (pyw_batch_scheduling_is_on() ? PYW_REQUEST_BATCH : 0));
}

/*
 * Sends REQUEST and the collected part of its body in one write. A frame that the worker sent before it closed (GOAWAY)
 * is still read.
 */
static void send_request(pyw_relay *relay, const pyw_buffer *payload)
{
    unsigned char file[PYW_MESSAGE_FILE_SIZE];
    pyw_result result;

    pyw_channel_queue(relay->channel, PYW_FRAME_REQUEST, request_flags(relay->upload), payload->data, payload->length,
                      -1);
    queue_body(relay, file);
    result = pyw_channel_send(relay->channel, 0);
    if (relay->token_fd >= 0) {
        close(relay->token_fd);
    }
    if (result == PYW_GONE) {
        pyw_relay_step_upload(relay, PYW_UPLOAD_ON_REFUSED);
    }
    else if (result != PYW_OK) {
        pyw_relay_worker_lost(relay, result);
    }
}

static void run_turn(pyw_relay *relay)
{
    int has_more = send_body(relay);
    int is_worker_gone = !pyw_relay_is_over(relay->state) && wait_for_either(relay, has_more);

    if (!pyw_relay_is_over(relay->state)) {
        download(relay, is_worker_gone); /* including the last frames of a worker that has exited */
    }
    if (!pyw_relay_is_over(relay->state) && pyw_relay_is_late(relay)) {
        pyw_relay_out_of_time(relay);
    }
}

static pyw_upload_state first_upload_state(const pyw_upload *upload, const request_rec *r)
{
    if (upload->complete) {
        return PYW_UPLOAD_DONE;
    }
    return r->expecting_100 ? PYW_UPLOAD_WAITS_BOTH : PYW_UPLOAD_WAITS_TAKEN;
}

pyw_relay_state pyw_relay_run(pyw_connection *connection, pyw_admission *admission, pyw_upload *upload)
{
    const pyw_group *group = admission->target->group;
    pyw_response *response = admission->response;
    pyw_relay relay = {
        .connection = connection,
        .channel = connection->channel,
        .headers = &connection->headers,
        .admission = admission,
        .group = group,
        .timing = &admission->target->timing,
        .upload = upload,
        .body = &upload->body,
        .response = response,
        .client_fd = pyw_client_socket_fd(response->r->connection),
        .timeout = group->options->worker.socket_timeout ? group->options->worker.socket_timeout
                                                         : response->r->server->timeout,
        .last_activity = pyw_clock_us(),
        .state = PYW_RELAY_ASKING,
        .upload_state = first_upload_state(upload, response->r),
        .token_fd = -1,
        .stream_slice = SLICE_STREAM_FIRST_MS,
    };

    if (!pyw_relay_put_token(&relay)) {
        return PYW_RELAY_TAKEN_BACK;
    }
    pyw_relay_buffering_begin(&relay);
    send_request(&relay, &connection->request);
    while (!pyw_relay_is_over(relay.state)) {
        run_turn(&relay);
    }
    pyw_relay_buffering_end(&relay);
    if (relay.body->result == PYW_OK) {
        pyw_response_flush(response); /* before httpd discards the rest of the body */
    }
    return relay.state;
}
