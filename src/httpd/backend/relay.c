/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay.h"

#include <errno.h>
#include <http_log.h>
#include <poll.h>
#include <signal.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/backend/relay_buffering.h"
#include "httpd/backend/relay_frames.h"
#include "httpd/backend/relay_token.h"
#include "httpd/client_socket.h"
#include "httpd/queue/batch_scheduling.h"

APLOG_USE_MODULE(pywsgi);

/*
 * The longest wait in one piece: mod_reqtimeout looks at a slow body only when it is read. A stream of HTTP/2 has no
 * socket of its own to wait for, so its client is looked at more often, and at once again while its body comes in.
 */
#define SLICE_MS 1000
#define SLICE_STREAM_MS 100
#define SLICE_STREAM_FIRST_MS 1

/* How many pieces go one way before the other has its turn. */
#define PIECES_IN_TURN 32

static void stop_uploading(pyw_relay *relay)
{
    relay->uploading = 0;
    relay->worker_is_full = 0;
}

/* The client did not give the whole body: the worker must not take what it has for all of it. */
static void upload_failed(pyw_relay *relay, pyw_result result)
{
    stop_uploading(relay);
    if (result == PYW_GONE) {
        pyw_relay_client_gone(relay);
        return;
    }
    pyw_relay_tell_abort(relay);
    pyw_response_abort(relay->response, relay->body->status);
    relay->over = 1;
}

/* Sends what is queued without waiting. 0: the worker takes nothing now; what was queued has to be queued again. */
static int send_some(pyw_relay *relay)
{
    pyw_result result = pyw_channel_send(relay->channel, 0);

    relay->worker_is_full = result == PYW_AGAIN;
    if (result == PYW_OK) {
        relay->last_activity = pyw_clock_us();
        return 1;
    }
    if (result != PYW_AGAIN) {
        stop_uploading(relay); /* what the worker said before it closed is still to be read */
    }
    return 0;
}

/* One piece of the body on its way. 0: nothing more can go now. */
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
            stop_uploading(relay);
        }
    }
    else if (result != PYW_AGAIN) {
        upload_failed(relay, result);
    }
    return 0;
}

static void send_body(pyw_relay *relay)
{
    relay->may_have_more = 0;
    for (int i = 0; i < PIECES_IN_TURN && relay->uploading && !pyw_channel_has_output(relay->channel); i++) {
        if (!upload_piece(relay)) {
            return;
        }
    }
    relay->may_have_more = relay->uploading && !pyw_channel_has_output(relay->channel);
}

static void download(pyw_relay *relay)
{
    pyw_result result = PYW_OK;

    for (int i = 0; i < PIECES_IN_TURN && !relay->over; i++) {
        pyw_frame frame;

        result = pyw_channel_read(relay->channel, &frame, 0);
        if (result != PYW_OK) {
            break;
        }
        pyw_relay_take_frame(relay, &frame);
        relay->last_activity = pyw_clock_us(); /* behind it: the client may have taken its time */
    }
    if (relay->over || result == PYW_OK) {
        return;
    }
    if (result != PYW_AGAIN) {
        pyw_relay_worker_lost(relay, result);
    }
    else if (relay->is_worker_gone) {
        pyw_relay_worker_lost(relay, PYW_EOF);
    }
    else if (pyw_response_flush(relay->response) == PYW_GONE) {
        pyw_relay_client_gone(relay);
    }
}

static int is_uploading(const pyw_relay *relay)
{
    return relay->uploading && !relay->awaits_continue && !relay->awaits_taken;
}

static void timed_out(pyw_relay *relay)
{
    request_rec *r = relay->response->r;

    pyw_relay_tell_abort(relay);
    relay->over = 1;
    if (is_uploading(relay) && !relay->worker_is_full && !pyw_channel_has_output(relay->channel)) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, PYWNO(0240) "the client stopped sending its request body");
        pyw_response_abort(relay->response, HTTP_REQUEST_TIME_OUT);
        return;
    }
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r,
        PYWNO(0241) "process group '%s': no sign of life for %ld s (socket-timeout) from the worker that runs \"%s\"",
        relay->group->options->name, (long)apr_time_sec(relay->timeout), r->the_request);
    pyw_response_abort(relay->response, HTTP_GATEWAY_TIME_OUT);
}

/* Doubles from wait to wait, so that a stream with nothing to say costs little. */
static int next_stream_slice(pyw_relay *relay)
{
    int slice = relay->stream_slice;

    if (!is_uploading(relay) || slice == 0 || slice > SLICE_STREAM_MS) {
        return SLICE_STREAM_MS;
    }
    relay->stream_slice = slice * 2;
    return slice;
}

static int slice_ms(pyw_relay *relay)
{
    apr_interval_time_t left = relay->last_activity + relay->timeout - pyw_clock_us();
    apr_interval_time_t slice;

    if (pyw_channel_has_input(relay->channel) || relay->may_have_more || left <= 0) {
        return 0;
    }
    slice = relay->client_fd < 0 ? next_stream_slice(relay) : SLICE_MS;
    left = apr_time_as_msec(left) + 1;
    return pyw_timing_bound(relay->timing, (int)(left < slice ? left : slice));
}

static short client_events(const pyw_relay *relay, int is_full)
{
    if (relay->uploading) {
        return is_uploading(relay) && !is_full ? POLLIN : 0;
    }
    return relay->has_left ? 0 : POLLRDHUP;
}

/*
 * It may still read, and gets its answer; but most clients that do so are gone. If the worker takes nothing now it will
 * not be told: it is a hint.
 */
static void tell_left(pyw_relay *relay)
{
    relay->has_left = 1;
    pyw_channel_queue(relay->channel, PYW_FRAME_LEFT, 0, NULL, 0, -1);
    pyw_channel_send(relay->channel, 0);
}

/*
 * A worker that died does not end its connection if a process that it started has inherited it. Costs nothing while the
 * worker says something. Its pid may be another process's by now: socket-timeout is the limit then.
 */
static int is_worker_gone(const pyw_relay *relay)
{
    const pyw_admission *admission = relay->admission;

    return admission->has_slot && admission->slot.pid > 0 && kill((pid_t)admission->slot.pid, 0) != 0 && errno == ESRCH;
}

/* Waits until one side has something to say, or takes something again. */
static void wait_for_either(pyw_relay *relay)
{
    int has_output = pyw_channel_has_output(relay->channel);
    int is_full = has_output || relay->worker_is_full;
    struct pollfd fds[2] = {
        {pyw_channel_fd(relay->channel), (short)(POLLIN | (is_full ? POLLOUT : 0)), 0},
        {relay->client_fd, client_events(relay, is_full), 0},
    };
    int ready = poll(fds, 2, slice_ms(relay));

    /* POLLNVAL: httpd ends and has closed its clients' sockets under its threads. */
    if (ready > 0 && (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL) || relay->response->r->connection->aborted)) {
        pyw_relay_client_gone(relay);
        return;
    }
    if (ready > 0 && (fds[1].revents & POLLRDHUP)) {
        tell_left(relay);
    }
    if (ready > 0 && (fds[0].revents & POLLOUT)) {
        relay->worker_is_full = 0;
        if (has_output) {
            send_some(relay);
        }
    }
    relay->is_worker_gone = ready == 0 && is_worker_gone(relay); /* ahead of a last look at what it has said */
    if (ready == 0 && relay->response->r->connection->aborted) {
        pyw_relay_client_gone(relay);
    }
    else if (ready == 0 && pyw_clock_us() - relay->last_activity >= relay->timeout &&
             !pyw_channel_has_input(relay->channel)) {
        timed_out(relay);
    }
}

/* The body as far as it was collected. */
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

static uint16_t request_flags(const pyw_relay *relay)
{
    int flags = relay->has_body ? PYW_REQUEST_BODY : 0;

    if (pyw_batch_scheduling_is_on()) {
        flags |= PYW_REQUEST_BATCH;
    }
    if (relay->awaits_taken) {
        flags |= PYW_REQUEST_TOLD;
    }
    return (uint16_t)flags;
}

/*
 * REQUEST and the collected part of its body, in one write. What a worker has said before it closed (GOAWAY) is still
 * to be read.
 */
static void send_request(pyw_relay *relay, const pyw_buffer *payload)
{
    unsigned char file[PYW_MESSAGE_FILE_SIZE];
    pyw_result result;

    pyw_channel_queue(relay->channel, PYW_FRAME_REQUEST, request_flags(relay), payload->data, payload->length, -1);
    queue_body(relay, file);
    result = pyw_channel_send(relay->channel, 0);
    pyw_relay_token_sent(relay);
    if (result != PYW_OK) {
        stop_uploading(relay);
    }
    if (result != PYW_OK && result != PYW_GONE) {
        pyw_relay_worker_lost(relay, result);
    }
}

static void relay_step(pyw_relay *relay)
{
    if (is_uploading(relay)) {
        send_body(relay);
    }
    if (!relay->over) {
        wait_for_either(relay);
    }
    if (!relay->over) {
        download(relay);
    }
    if (!relay->over && pyw_relay_is_late(relay)) {
        pyw_relay_out_of_time(relay);
    }
}

static pyw_relay_outcome outcome(const pyw_relay *relay)
{
    if (relay->goaway) {
        return PYW_RELAY_GOAWAY;
    }
    if (relay->is_stale) {
        return PYW_RELAY_STALE;
    }
    if (relay->worker_done) {
        return PYW_RELAY_DONE;
    }
    return relay->claim == PYW_CLAIM_HTTPD ? PYW_RELAY_UNBEGUN : PYW_RELAY_LEFT;
}

pyw_relay_outcome pyw_relay_run(pyw_connection *connection, pyw_admission *admission, pyw_upload *upload)
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
        .has_body = upload->has_body,
        .uploading = !upload->complete,
        .stream_slice = SLICE_STREAM_FIRST_MS,
        .awaits_taken = !upload->complete,
        .token_fd = -1,
        .awaits_continue = response->r->expecting_100 && !upload->complete,
    };

    if (!pyw_relay_token_put(&relay)) {
        return PYW_RELAY_UNBEGUN;
    }
    pyw_relay_buffering_begin(&relay);
    send_request(&relay, &connection->request);
    while (!relay.over) {
        relay_step(&relay);
    }
    pyw_relay_buffering_end(&relay);
    pyw_relay_token_take(&relay); /* a worker that has not begun by now shall not: nobody waits for the answer */
    if (relay.body->result == PYW_OK) {
        pyw_response_flush(response); /* httpd throws the rest of the body away before it would do this */
    }
    return outcome(&relay);
}
