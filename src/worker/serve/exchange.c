/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/serve/exchange.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "wire/message.h"

static pyw_wire_exchange *of(pyw_exchange *exchange)
{
    return (pyw_wire_exchange *)(void *)exchange;
}

static void close_file(pyw_wire_exchange *exchange)
{
    if (exchange->file >= 0) {
        close(exchange->file);
    }
    exchange->file = -1;
    exchange->file_left = 0;
}

/* PYW_OK: body bytes may be read from the file now. */
static pyw_result take_file(pyw_wire_exchange *exchange)
{
    const pyw_frame *frame = &exchange->piece;
    uint64_t offset;

    close_file(exchange);
    exchange->file = pyw_channel_take_fd(exchange->channel);
    if (exchange->file < 0 ||
        pyw_message_file_decode(&offset, &exchange->file_left, frame->payload, frame->length) != PYW_OK) {
        close_file(exchange);
        return PYW_MALFORMED;
    }
    exchange->file_offset = (off_t)offset;
    return PYW_OK;
}

/* Handles a frame of the body. PYW_OK: its bytes are in exchange->piece or in the file. */
static pyw_result take_piece(pyw_wire_exchange *exchange)
{
    switch (exchange->piece.type) {
    case PYW_FRAME_DATA:
        return PYW_OK;
    case PYW_FRAME_FILE:
        return take_file(exchange);
    case PYW_FRAME_END:
        return PYW_EOF;
    case PYW_FRAME_ABORT:
        return PYW_GONE;
    default:
        return PYW_MALFORMED;
    }
}

/* The client is not the cause. */
static pyw_result fail_body(pyw_wire_exchange *exchange, const char *why)
{
    pyw_log(PYW_LOG_ERR, PYWNO(0470) "the request body cannot be read: %s", why);
    exchange->body = PYW_FAILED;
    close_file(exchange);
    return PYW_FAILED;
}

/* Reads one frame of the request's body. PYW_OK, PYW_AGAIN (nothing has been received), or the end, also in `body`. */
static pyw_result next_piece(pyw_wire_exchange *exchange, int timeout_ms)
{
    pyw_result result = pyw_channel_read(exchange->channel, &exchange->piece, timeout_ms);

    exchange->piece_used = 0;
    if (result == PYW_OK) {
        result = take_piece(exchange);
    }
    else if (result == PYW_EOF) {
        result = PYW_GONE;
    }
    if (result != PYW_OK || exchange->piece.type != PYW_FRAME_DATA) {
        exchange->piece.length = 0;
    }
    if (result == PYW_FAILED) {
        return fail_body(exchange, strerror(errno));
    }
    if (result == PYW_MALFORMED) {
        return fail_body(exchange,
                         pyw_channel_has_lost_fd(exchange->channel) ? strerror(EMFILE) : "httpd violates the protocol");
    }
    if (result != PYW_OK && result != PYW_AGAIN) {
        exchange->body = result;
    }
    return result;
}

static pyw_result flush_output(pyw_wire_exchange *exchange, unsigned flags);

static uint16_t stamp_of(const pyw_wire_exchange *exchange)
{
    return pyw_message_stamp((uint64_t)exchange->base.arrival);
}

/* RFC 9110 section 10.1.1: the client learns that its body is wanted when the application begins to read. */
static void send_continue(pyw_wire_exchange *exchange)
{
    const pyw_message_head message = {100, stamp_of(exchange), "Continue", 8};
    pyw_buffer *payload = exchange->scratch;

    exchange->owes_continue = 0;
    payload->length = 0;
    pyw_message_head_encode(payload, &message, NULL, 0);
    pyw_channel_queue(exchange->channel, PYW_FRAME_INTERIM, 0, payload->data, payload->length, -1);
    flush_output(exchange, 0);
}

/* Only httpd writes to the file, before it sends it. A shorter file is a defect or a disk failure. */
static pyw_result read_spool(pyw_wire_exchange *exchange, void *buffer, size_t size, size_t *got)
{
    ssize_t count;

    size = exchange->file_left < size ? (size_t)exchange->file_left : size;
    do {
        count = pread(exchange->file, buffer, size, exchange->file_offset);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        return fail_body(exchange, count < 0 ? strerror(errno) : "its file ends too early");
    }
    exchange->file_offset += count;
    exchange->file_left -= (uint64_t)count;
    *got = (size_t)count;
    return PYW_OK;
}

static size_t bytes_left(const pyw_wire_exchange *exchange)
{
    return exchange->piece.length - exchange->piece_used;
}

/* Would a read do more than use the bytes that the channel has received already? */
static int would_wait(const pyw_wire_exchange *exchange)
{
    return exchange->owes_continue ||
           (bytes_left(exchange) == 0 && exchange->body == PYW_AGAIN && !pyw_channel_has_input(exchange->channel));
}

static pyw_result wire_read(pyw_exchange *base, void *buffer, size_t size, size_t *got, unsigned flags)
{
    pyw_wire_exchange *exchange = of(base);
    size_t left;

    *got = 0;
    if ((flags & PYW_READ_NOWAIT) && would_wait(exchange)) {
        return PYW_AGAIN;
    }
    if (exchange->owes_continue) {
        send_continue(exchange);
    }
    if (bytes_left(exchange) == 0 && exchange->file_left == 0 && exchange->body == PYW_AGAIN) {
        next_piece(exchange, exchange->timeout_ms);
    }
    if (exchange->file_left > 0) {
        return flags & PYW_READ_NOWAIT ? PYW_AGAIN : read_spool(exchange, buffer, size, got);
    }
    left = bytes_left(exchange);
    if (left == 0) {
        return exchange->body == PYW_EOF ? PYW_OK : exchange->body;
    }
    *got = left < size ? left : size;
    memcpy(buffer, exchange->piece.payload + exchange->piece_used, *got);
    exchange->piece_used += (uint32_t)*got;
    return PYW_OK;
}

static pyw_result flush_output(pyw_wire_exchange *exchange, unsigned flags)
{
    pyw_result result = pyw_channel_send(exchange->channel, flags & PYW_SEND_NOWAIT ? 0 : exchange->timeout_ms);

    if (result != PYW_OK && result != PYW_AGAIN) {
        exchange->output = result;
    }
    if (result == PYW_OK && pyw_channel_has_output(exchange->channel)) {
        exchange->is_held = 1;
        return PYW_AGAIN;
    }
    return result;
}

/* Does the call repeat a previous one, whose frames are in the channel already? */
static int is_repetition(pyw_wire_exchange *exchange)
{
    int held = exchange->is_held;

    exchange->is_held = 0;
    return held;
}

static pyw_result queue_head(pyw_wire_exchange *exchange, const pyw_head *head)
{
    pyw_message_head message = {(uint16_t)head->status, stamp_of(exchange), head->reason, head->reason_length};
    pyw_buffer *payload = exchange->scratch;

    payload->length = 0;
    pyw_message_head_encode(payload, &message, head->headers, head->count);
    if (payload->failed) {
        payload->failed = 0;
        return PYW_FAILED;
    }
    pyw_channel_queue(exchange->channel, PYW_FRAME_HEAD, 0, payload->data, payload->length, -1);
    return PYW_OK;
}

/* Queues the head, if there is one. The body bytes and queue_end follow. */
static pyw_result begin_response(pyw_wire_exchange *exchange, const pyw_head *head)
{
    if (exchange->output != PYW_OK) {
        return exchange->output;
    }
    return head != NULL ? queue_head(exchange, head) : PYW_OK;
}

static void queue_end(pyw_wire_exchange *exchange, unsigned flags)
{
    if (flags & PYW_SEND_END) {
        pyw_channel_queue(exchange->channel, PYW_FRAME_END, 0, NULL, 0, -1);
    }
}

static pyw_result complete(pyw_wire_exchange *exchange, unsigned flags)
{
    pyw_result result = flush_output(exchange, flags);

    if (result == PYW_OK && flags & PYW_SEND_END) {
        exchange->is_over = 1;
    }
    return result;
}

static uint16_t last_flag(unsigned flags)
{
    return flags & (PYW_SEND_LAST | PYW_SEND_END) ? PYW_DATA_LAST : 0;
}

/* Sends the rest of earlier calls first. Bytes that the socket does not take remain in the channel. */
static pyw_result send_parallel(pyw_wire_exchange *exchange, const pyw_head *head, const void *data, size_t length,
                                unsigned flags)
{
    pyw_result result = begin_response(exchange, NULL);

    if (result == PYW_OK && pyw_channel_has_output(exchange->channel)) {
        result = pyw_channel_send(exchange->channel, 0);
        if (result == PYW_OK && pyw_channel_has_output(exchange->channel)) {
            return PYW_AGAIN;
        }
    }
    if (result == PYW_OK) {
        result = begin_response(exchange, head);
    }
    if (result == PYW_OK) {
        pyw_channel_queue(exchange->channel, PYW_FRAME_DATA, last_flag(flags), data, length, -1);
        result = pyw_channel_send(exchange->channel, 0);
    }
    if (result != PYW_OK && result != PYW_AGAIN) {
        exchange->output = result;
    }
    return result;
}

static pyw_result wire_send(pyw_exchange *base, const pyw_head *head, const void *data, size_t length, unsigned flags)
{
    pyw_wire_exchange *exchange = of(base);
    pyw_result result;

    if (flags & PYW_SEND_PARALLEL) {
        return send_parallel(exchange, head, data, length, flags);
    }
    if (is_repetition(exchange)) {
        return complete(exchange, flags);
    }
    result = begin_response(exchange, head);
    if (result != PYW_OK) {
        return result;
    }
    pyw_channel_queue(exchange->channel, PYW_FRAME_DATA, last_flag(flags), data, length, -1);
    queue_end(exchange, flags);
    return complete(exchange, flags);
}

static pyw_result wire_send_file(pyw_exchange *base, const pyw_head *head, int fd, off_t offset, uint64_t length,
                                 unsigned flags)
{
    pyw_wire_exchange *exchange = of(base);
    unsigned char payload[PYW_MESSAGE_FILE_SIZE];
    pyw_result result;

    if (is_repetition(exchange)) {
        return complete(exchange, flags);
    }
    result = begin_response(exchange, head);
    if (result != PYW_OK) {
        return result;
    }
    pyw_message_file_encode(payload, (uint64_t)offset, length);
    pyw_channel_queue(exchange->channel, PYW_FRAME_FILE, last_flag(flags), payload, sizeof(payload), fd);
    queue_end(exchange, flags);
    return complete(exchange, flags);
}

static pyw_result wire_interim(pyw_exchange *base, int status, const pyw_pair *headers, uint32_t count)
{
    pyw_wire_exchange *exchange = of(base);
    pyw_message_head message = {(uint16_t)status, stamp_of(exchange), "", 0};
    pyw_buffer payload = {0};
    pyw_result result = exchange->output;

    pyw_message_head_encode(&payload, &message, headers, count);
    if (result == PYW_OK && payload.failed) {
        result = PYW_FAILED;
    }
    if (result == PYW_OK) {
        pyw_channel_queue(exchange->channel, PYW_FRAME_INTERIM, 0, payload.data, payload.length, -1);
        result = flush_output(exchange, 0);
    }
    pyw_buffer_free(&payload);
    return result;
}

static pyw_result wire_log(pyw_exchange *base, pyw_log_level level, const char *text, size_t length, unsigned flags)
{
    pyw_wire_exchange *exchange = of(base);

    if (exchange->output != PYW_OK) {
        pyw_log(level, "%.*s", (int)(length < PYW_LIMIT_LOG ? length : PYW_LIMIT_LOG), text);
        return PYW_OK;
    }
    if (is_repetition(exchange)) {
        return flush_output(exchange, flags);
    }
    if (length > PYW_LIMIT_LOG) {
        length = PYW_LIMIT_LOG;
    }
    pyw_channel_queue(exchange->channel, PYW_FRAME_LOG, (uint16_t)level, text, length, -1);
    return flush_output(exchange, flags);
}

/*
 * After the end of the body httpd only sends LEFT and ABORT. They are not read, because environ_pairs may point into
 * the channel's buffer. If they follow body bytes that the application does not read, the end of the connection shows
 * that the client has left.
 */
static int wire_client_gone(pyw_exchange *base)
{
    pyw_wire_exchange *exchange = of(base);

    if (exchange->body == PYW_EOF) {
        return exchange->output == PYW_GONE || pyw_channel_peer_spoke(exchange->channel);
    }
    if (exchange->body == PYW_AGAIN && bytes_left(exchange) == 0 && exchange->file_left == 0) {
        next_piece(exchange, 0);
    }
    if (exchange->body == PYW_GONE || exchange->output == PYW_GONE) {
        return 1;
    }
    return pyw_channel_peer_gone(exchange->channel);
}

static void send_error(pyw_wire_exchange *exchange, int status)
{
    unsigned char payload[PYW_MESSAGE_ERROR_SIZE];

    pyw_message_error_encode(payload, (uint16_t)status);
    pyw_channel_queue(exchange->channel, PYW_FRAME_ERROR, 0, payload, sizeof(payload), -1);
    flush_output(exchange, 0);
}

static void wire_finish(pyw_exchange *base, pyw_outcome outcome, int status)
{
    pyw_wire_exchange *exchange = of(base);

    if (exchange->output == PYW_OK && !exchange->is_over) {
        if (outcome == PYW_DONE) {
            pyw_channel_queue(exchange->channel, PYW_FRAME_END, 0, NULL, 0, -1);
            flush_output(exchange, 0);
        }
        else {
            send_error(exchange, outcome == PYW_ERROR ? status : 500);
        }
        exchange->is_over = 1;
    }
    if (exchange->output == PYW_OK && pyw_channel_has_output(exchange->channel)) {
        flush_output(exchange, 0);
    }
}

static const pyw_exchange_ops wire_ops = {wire_read, wire_send,        wire_send_file, wire_interim,
                                          wire_log,  wire_client_gone, wire_finish};

static int expects_continue(const pyw_pair *pairs, uint32_t count)
{
    const pyw_pairs environ_pairs = {(pyw_pair *)(uintptr_t)pairs, count, count};
    uint32_t length = 0;
    const char *value = pyw_pairs_get(&environ_pairs, "HTTP_EXPECT", &length);

    return value != NULL && length == 12 && strncasecmp(value, "100-continue", length) == 0;
}

void pyw_wire_exchange_init(pyw_wire_exchange *exchange, pyw_channel *channel, pyw_buffer *scratch, int timeout_ms,
                            const pyw_pair *environ_pairs, uint32_t count, int has_body)
{
    memset(exchange, 0, sizeof(*exchange));
    exchange->base.ops = &wire_ops;
    exchange->base.environ_pairs = environ_pairs;
    exchange->base.environ_count = count;
    exchange->base.has_body = has_body;
    exchange->base.takes_parallel = 1;
    exchange->channel = channel;
    exchange->scratch = scratch;
    exchange->timeout_ms = timeout_ms;
    exchange->file = -1;
    exchange->body = has_body ? PYW_AGAIN : PYW_EOF;
    exchange->owes_continue = has_body && expects_continue(environ_pairs, count);
    exchange->output = PYW_OK;
}

int pyw_wire_exchange_drain(pyw_wire_exchange *exchange)
{
    while (exchange->body == PYW_AGAIN && exchange->output == PYW_OK) {
        next_piece(exchange, exchange->timeout_ms);
    }
    close_file(exchange);
    return exchange->body == PYW_EOF && exchange->output == PYW_OK;
}
