/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* struct ucred */
#endif
#include "worker/serve/serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/serve/exchange.h"

enum {
    BUFFER_KEEP = 256 * 1024,
    QUEUED_MS = 50 /* a client rarely leaves within this time, so its connection is not checked before */
};

/* The main thread may change it meanwhile. */
static int timeout_of(const pyw_service *service)
{
    return atomic_load_explicit(&service->timeout_ms, memory_order_relaxed);
}

static int is_known_peer(const pyw_service *service, int fd)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return 0;
    }
    for (int i = 0; i < service->peer_count; i++) {
        if (service->peers[i] == peer.uid) {
            return 1;
        }
    }
    pyw_log(PYW_LOG_ERR,
            PYWNO(0410) "uid %lu (pid %ld) connected to the socket of group '%s' and was refused: only "
                        "httpd's children may",
            (unsigned long)peer.uid, (long)peer.pid, service->group);
    return 0;
}

static void set_buffer_sizes(const pyw_service *service, int fd)
{
    if (service->send_buffer_size > 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &service->send_buffer_size, sizeof(int));
    }
    if (service->receive_buffer_size > 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &service->receive_buffer_size, sizeof(int));
    }
}

/* The parts of a request that its slot on the board shows; NULL: the request has none. */
typedef struct shown {
    const pyw_pair *method;
    const pyw_pair *uri;
    const pyw_pair *client;
} shown;

static int has_name(const pyw_pair *pair, const char *name, size_t length)
{
    return pair->name_length == length && memcmp(pair->name, name, length) == 0;
}

/* httpd's own values are the last pairs. */
static shown find_shown(const pyw_pairs *pairs)
{
    shown found = {NULL, NULL, NULL};
    int missing = 3;

    for (uint32_t i = pairs->count; i > 0 && missing > 0; i--) {
        const pyw_pair *pair = &pairs->items[i - 1];

        if (found.uri == NULL && has_name(pair, "REQUEST_URI", 11)) {
            found.uri = pair;
            missing--;
        }
        else if (found.client == NULL && has_name(pair, "REMOTE_ADDR", 11)) {
            found.client = pair;
            missing--;
        }
        else if (found.method == NULL && has_name(pair, "REQUEST_METHOD", 14)) {
            found.method = pair;
            missing--;
        }
    }
    return found;
}

/* Truncates the text if necessary. Returns the number of bytes before the NUL. */
static size_t put_text(char *out, size_t size, const char *text, size_t length)
{
    if (length > size - 1) {
        length = size - 1;
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return length;
}

/* "GET /path?query". */
static void put_line(char line[PYW_BOARD_LINE], const pyw_pair *method, const pyw_pair *uri)
{
    size_t used = put_text(line, PYW_BOARD_LINE - 1, method->value, method->value_length);

    line[used++] = ' ';
    put_text(line + used, PYW_BOARD_LINE - used, uri->value, uri->value_length);
}

/* Writes the request to the board, where the manager finds it if this process dies, and for pywsgi status. */
static void announce(pyw_server_thread *thread, const char *id, int ignored)
{
    pyw_board_slot *slot;
    shown found;

    if (thread->service->board == NULL) {
        return;
    }
    slot = &thread->service->board->slots[thread->number];
    found = find_shown(&thread->pairs);
    slot->line[0] = slot->client[0] = '\0';
    if (found.method != NULL && found.uri != NULL) {
        put_line(slot->line, found.method, found.uri);
    }
    if (found.client != NULL) {
        put_text(slot->client, sizeof(slot->client), found.client->value, found.client->value_length);
    }
    put_text(slot->id, sizeof(slot->id), id, strlen(id));
    atomic_store_explicit(&slot->since, thread->received, memory_order_relaxed);
    atomic_store_explicit(&slot->ignored, (uint32_t)ignored, memory_order_relaxed);
    atomic_store_explicit(&slot->busy, 1, memory_order_release);
}

void pyw_serve_name_thread(const pyw_server_thread *thread)
{
    if (thread->service->board != NULL) {
        atomic_store_explicit(&thread->service->board->slots[thread->number].thread, (uint64_t)pthread_self(),
                              memory_order_relaxed);
    }
}

static void withdraw(pyw_server_thread *thread, int ignored)
{
    pyw_board *board = thread->service->board;

    if (board != NULL) {
        atomic_store_explicit(&board->slots[thread->number].busy, 0, memory_order_release);
        atomic_fetch_add_explicit(&board->served, 1, memory_order_relaxed);
        if (ignored) {
            atomic_fetch_add_explicit(&board->ignored, 1, memory_order_relaxed);
        }
    }
}

/* Returns 1 if another request may follow on the connection. */
static int run_request(pyw_server_thread *thread, const pyw_message_request *request, int has_body)
{
    const pyw_service *service = thread->service;
    const pyw_application_spec spec = {
        .kind = request->target_kind == PYW_TARGET_MODULE ? PYW_TARGET_MODULE : PYW_TARGET_SCRIPT,
        .target = request->target,
        .callable = request->callable,
        .group = request->group,
        .group_is_default = request->group_is_default,
        .reloading = request->reloading,
        .is_function = request->is_function,
    };
    pyw_application *application = service->engine->application(&spec);
    pyw_wire_exchange exchange;

    pyw_wire_exchange_init(&exchange, thread->channel, &thread->scratch, timeout_of(service), thread->pairs.items,
                           thread->pairs.count, has_body);
    exchange.base.arrival = (int64_t)request->arrival;
    exchange.base.received = thread->received;
    exchange.base.gil_wait_us = pyw_token_gil_wait(*thread->token);
    exchange.base.deadline = (int64_t)request->deadline;
    exchange.base.id = request->id;
    exchange.base.interrupts_gone = request->interrupts_gone;
    if (application == NULL) {
        exchange.base.ops->finish(&exchange.base, PYW_ERROR, 503);
        return 0;
    }
    if (application != thread->last) {
        pyw_script_watch_add(service->watched, application, &spec);
        thread->last = application;
    }
    announce(thread, request->id, request->ignored);
    service->engine->run(application, &exchange.base);
    withdraw(thread, request->ignored);
    if (service->memory != NULL) {
        pyw_memory_watch_read(service->memory, pyw_clock_ms());
    }
    return pyw_wire_exchange_drain(&exchange);
}

/* Reading the body would overwrite the payload, which the environ points into. */
static const char *copy_payload(pyw_server_thread *thread, const pyw_frame *frame)
{
    if (!(frame->flags & PYW_REQUEST_BODY)) {
        return frame->payload;
    }
    pyw_buffer_reset(&thread->request, BUFFER_KEEP);
    pyw_buffer_append(&thread->request, frame->payload, frame->length);
    if (thread->request.failed) {
        thread->request.failed = 0;
        return NULL;
    }
    return thread->request.data;
}

/*
 * A request is not run if its client has left, or its deadline has passed, while it waited in the queue. httpd answers
 * it, or has done so.
 */
static int must_run(pyw_server_thread *thread, const pyw_message_request *request)
{
    unsigned char payload[PYW_MESSAGE_ERROR_SIZE];
    int64_t now;

    thread->received = pyw_clock_us();
    now = thread->received / 1000;
    if (now - (int64_t)(request->arrival / 1000) >= QUEUED_MS && pyw_channel_peer_gone(thread->channel)) {
        return 0;
    }
    if (request->deadline == 0 || now < (int64_t)request->deadline) {
        return 1;
    }
    pyw_message_error_encode(payload, 504);
    pyw_channel_queue(thread->channel, PYW_FRAME_ERROR, 0, payload, sizeof(payload), -1);
    pyw_channel_send(thread->channel, timeout_of(thread->service));
    return 0;
}

int pyw_serve_is_draining(const pyw_service *service)
{
    return atomic_load(&service->draining);
}

/*
 * pyw_pool_takes depends on the order: the main thread sets `draining` and then reads the states. A thread leaves
 * RUNNING and then reads `draining`.
 */
void pyw_serve_set_state(pyw_server_thread *thread, pyw_thread_state state)
{
    atomic_store(&thread->state, (int)state);
}

static void send_empty(int fd, pyw_frame_type type)
{
    const pyw_frame_header header = {(uint8_t)type, 0, 0};
    unsigned char frame[PYW_FRAME_HEADER_SIZE];

    pyw_frame_header_encode(frame, &header);
    (void)!send(fd, frame, sizeof(frame), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Only this thread, and none that the application has started. */
static void follow_batch_scheduling(pyw_server_thread *thread, int is_on)
{
    pyw_batch *batch = &thread->batch;

    if (is_on != batch->is_on && !batch->is_barred) {
        batch->is_on = is_on;
        batch->is_barred = pyw_batch_switch_thread(0, is_on) != 0;
    }
}

/* Returns 1 if another request may follow on the connection. */
static int serve_request(pyw_server_thread *thread, const pyw_frame *frame)
{
    pyw_message_request request;
    const char *payload;
    pyw_result result = PYW_FAILED;

    pyw_serve_set_state(thread, PYW_THREAD_RUNNING);
    if (!pyw_token_take(*thread->token)) {
        return 0; /* httpd has taken the request back, and closes the connection */
    }
    payload = copy_payload(thread, frame);
    if (payload != NULL) {
        result = pyw_message_request_decode(&request, &thread->pairs, payload, frame->length);
    }
    if (result != PYW_OK) {
        pyw_log(PYW_LOG_ERR, PYWNO(0411) "a REQUEST frame from httpd cannot be used (%s)", pyw_result_name(result));
        return 0;
    }
    if (!must_run(thread, &request)) {
        return 0;
    }
    follow_batch_scheduling(thread, (frame->flags & PYW_REQUEST_BATCH) != 0);
    if (frame->flags & PYW_REQUEST_CONFIRM) {
        send_empty(pyw_channel_fd(thread->channel), PYW_FRAME_TAKEN);
    }
    return run_request(thread, &request, (frame->flags & PYW_REQUEST_BODY) != 0);
}

static pyw_result log_no_token(int error)
{
    pyw_log(PYW_LOG_ERR,
            PYWNO(0428) "a connection from httpd cannot be used: %s; its request goes to another worker, or waits",
            strerror(error));
    return PYW_GONE;
}

static pyw_result take_token(pyw_server_thread *thread)
{
    int fd = pyw_channel_take_fd(thread->channel);
    int error;

    if (fd < 0) {
        return PYW_MALFORMED;
    }
    if (*thread->token == NULL) {
        *thread->token = pyw_token_map(fd);
    }
    error = errno;
    close(fd);
    return *thread->token == NULL ? log_no_token(error) : PYW_OK;
}

/* Skips LEFT, which httpd sent for the previous request before it had read its END. */
static pyw_result read_request(pyw_server_thread *thread, pyw_frame *frame, int timeout_ms)
{
    pyw_result result;

    do {
        result = pyw_channel_read(thread->channel, frame, timeout_ms);
        if (result == PYW_OK && frame->type == PYW_FRAME_TOKEN) {
            result = take_token(thread);
        }
    } while (result == PYW_OK && (frame->type == PYW_FRAME_LEFT || frame->type == PYW_FRAME_TOKEN));
    return result == PYW_MALFORMED && pyw_channel_has_lost_fd(thread->channel) ? log_no_token(EMFILE) : result;
}

/* PYW_OK: a REQUEST. PYW_AGAIN: nothing yet. Any other: the connection must be closed; a fault of the peer is logged.
 */
static pyw_result await_request(pyw_server_thread *thread, pyw_frame *frame, int timeout_ms)
{
    pyw_result result = read_request(thread, frame, timeout_ms);

    if (result == PYW_AGAIN || result == PYW_EOF || result == PYW_GONE) {
        return result;
    }
    /* httpd sent the ABORT for the previous request before it had read its END. */
    if (result == PYW_OK && frame->type == PYW_FRAME_ABORT) {
        return PYW_GONE;
    }
    if (result != PYW_OK || frame->type != PYW_FRAME_REQUEST || *thread->token == NULL) {
        pyw_log(PYW_LOG_ERR, PYWNO(0412) "httpd's child did not send a REQUEST with a token (%s)",
                result == PYW_OK ? pyw_frame_type_name(frame->type) : pyw_result_name(result));
        return PYW_MALFORMED;
    }
    return PYW_OK;
}

int pyw_serve_admits(const pyw_service *service, int fd)
{
    if (!is_known_peer(service, fd)) {
        close(fd);
        return 0;
    }
    set_buffer_sizes(service, fd);
    return 1;
}

static void finish_request(pyw_server_thread *thread)
{
    pyw_channel_hang_up(thread->channel);
    pyw_buffer_reset(&thread->scratch, BUFFER_KEEP);
    pyw_serve_set_state(thread, PYW_THREAD_READING);
}

/* Skips LEFT that was received with the request or with the end of its body. 0: another frame was received. */
static int skip_left(pyw_channel *channel)
{
    pyw_frame frame;

    while (pyw_channel_has_input(channel)) {
        if (pyw_channel_read(channel, &frame, 0) != PYW_OK || frame.type != PYW_FRAME_LEFT) {
            return 0;
        }
    }
    return 1;
}

/* 1: the connection can rest. It cannot if bytes of the request are left in the channel, or the worker drains. */
static int prepare_next_request(pyw_server_thread *thread)
{
    int fd = skip_left(thread->channel) ? pyw_channel_detach(thread->channel) : -1;

    finish_request(thread);
    if (fd < 0) {
        return 0;
    }
    if (pyw_serve_is_draining(thread->service)) {
        pyw_serve_go_away(fd);
        return 0;
    }
    return 1;
}

/* 1: the connection can rest. */
static int serve_input(pyw_server_thread *thread)
{
    pyw_frame frame;
    pyw_result result = await_request(thread, &frame, 0);

    if (result == PYW_AGAIN) {
        if (pyw_channel_detach(thread->channel) >= 0) {
            return 1;
        }
        result = await_request(thread, &frame, timeout_of(thread->service)); /* a part of the frame has been received */
    }
    return result == PYW_OK && serve_request(thread, &frame) && prepare_next_request(thread);
}

int pyw_serve_connection(pyw_server_thread *thread, int fd, pyw_token **token)
{
    int may_rest;

    thread->token = token;
    pyw_channel_open(thread->channel, fd);
    may_rest = serve_input(thread);
    if (!may_rest) {
        finish_request(thread);
    }
    return may_rest;
}

void pyw_serve_go_away(int fd)
{
    send_empty(fd, PYW_FRAME_GOAWAY);
    shutdown(fd, SHUT_RDWR);
    close(fd);
}
