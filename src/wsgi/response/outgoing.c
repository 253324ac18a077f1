/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/outgoing.h"

#include <stddef.h>

#include "wsgi/response/head.h"

static pyw_result send_piece(pyw_exchange *exchange, const pyw_head *head, const pyw_piece *piece, unsigned flags)
{
    if (piece->fd >= 0) {
        return exchange->ops->send_file(exchange, head, piece->fd, piece->offset, piece->length, flags);
    }
    return exchange->ops->send(exchange, head, piece->data, (size_t)piece->length, flags);
}

/* The static functions are called with the carrier. The head precedes the first bytes. */
static pyw_result send_with_head(pyw_request *request, const pyw_piece *piece, unsigned flags)
{
    pyw_outgoing *outgoing = &request->outgoing;
    pyw_head head;
    pyw_result result;

    if (!outgoing->head_sent) {
        pyw_wsgi_response_head(request->ending, &head);
    }
    result = send_piece(request->exchange, outgoing->head_sent ? NULL : &head, piece, flags);
    if (result != PYW_AGAIN) {
        outgoing->head_sent = 1;
        outgoing->last_sent |= (flags & PYW_SEND_LAST) != 0;
        outgoing->fault = result;
    }
    return result;
}

/* The body is complete, but the exchange does not know it yet. */
static int has_unsent_end(const pyw_outgoing *outgoing)
{
    return outgoing->is_last && !outgoing->last_sent;
}

static unsigned last_flag(const pyw_outgoing *outgoing)
{
    return has_unsent_end(outgoing) ? PYW_SEND_LAST : 0;
}

static pyw_result send_coalesced(pyw_request *request, unsigned flags)
{
    pyw_buffer *coalesced = &request->ending->body;
    const pyw_piece piece = {coalesced->data, coalesced->length, -1, 0};
    pyw_result result = send_with_head(request, &piece, flags);

    if (result != PYW_AGAIN) {
        coalesced->length = 0;
    }
    return result;
}

/* Sends the coalesced bytes, then the piece, if any. */
static pyw_result send_both(pyw_request *request, const pyw_piece *piece, unsigned flags)
{
    unsigned last = last_flag(&request->outgoing);
    pyw_result result = PYW_OK;

    if (request->ending->body.length > 0 || (piece == NULL && last)) {
        result = send_coalesced(request, piece == NULL ? flags | last : flags);
    }
    if (result == PYW_OK && piece != NULL) {
        result = send_with_head(request, piece, flags | last);
    }
    return result;
}

/* Releases the GIL if necessary, but not the carrier: a call that would block must be followed by its repetition. */
static pyw_result send_now(pyw_request *request, const pyw_piece *piece)
{
    pyw_result result = send_both(request, piece, PYW_SEND_NOWAIT);

    if (result == PYW_AGAIN) {
        PyThreadState *thread = pyw_request_give_up_gil(request);

        result = send_both(request, piece, 0);
        pyw_request_take_gil(request, thread);
    }
    return result;
}

/*
 * On the flusher's thread. After a tick without new bytes, call the carrier once more, because it may have unsent
 * bytes.
 */
static int push(pyw_flusher_entry *entry)
{
    pyw_request *request = (pyw_request *)(void *)((char *)entry - offsetof(pyw_request, outgoing.entry));
    pyw_outgoing *outgoing = &request->outgoing;
    int is_new = request->ending->body.length > 0 || has_unsent_end(outgoing);
    pyw_result result = send_coalesced(request, PYW_SEND_PARALLEL | last_flag(outgoing));

    return result == PYW_AGAIN || (result == PYW_OK && is_new);
}

/* Without a flusher, sends the bytes at once. */
static pyw_result hand_to_flusher(pyw_request *request)
{
    pyw_outgoing *outgoing = &request->outgoing;

    outgoing->is_shared = 1;
    if (outgoing->entry.is_listed || pyw_flusher_add(&outgoing->entry) == 0) {
        return PYW_OK;
    }
    return send_now(request, NULL);
}

/* Without memory for the piece, sends it at once. */
static pyw_result coalesce_piece(pyw_request *request, const pyw_piece *piece)
{
    pyw_buffer *coalesced = &request->ending->body;

    pyw_buffer_append(coalesced, piece->data, (size_t)piece->length);
    if (coalesced->failed) {
        coalesced->failed = 0;
        return send_now(request, piece);
    }
    return coalesced->length < PYW_OUTGOING_COALESCE_MAX ? hand_to_flusher(request) : send_now(request, NULL);
}

static int may_coalesce(const pyw_request *request, const pyw_piece *piece)
{
    return request->exchange->takes_parallel && request->outgoing.head_sent && piece->fd < 0 &&
           piece->length < PYW_OUTGOING_COALESCE_MAX;
}

void pyw_outgoing_init(pyw_request *request)
{
    request->outgoing.entry.guard = &request->carrier;
    request->outgoing.entry.push = push;
}

pyw_result pyw_outgoing_send(pyw_request *request, const pyw_piece *piece, int is_last)
{
    pyw_outgoing *outgoing = &request->outgoing;
    pyw_result result;

    pyw_request_lock(request);
    result = outgoing->fault;
    if (result == PYW_OK) {
        outgoing->is_last = is_last;
        result = may_coalesce(request, piece) ? coalesce_piece(request, piece) : send_now(request, piece);
    }
    pyw_request_done(request);
    return result;
}

pyw_result pyw_outgoing_finish_early(pyw_request *request)
{
    pyw_outgoing *outgoing = &request->outgoing;
    pyw_result result;

    pyw_request_lock(request);
    result = outgoing->fault;
    outgoing->is_last = 1;
    if (result == PYW_OK && has_unsent_end(outgoing)) {
        result = request->exchange->takes_parallel ? hand_to_flusher(request) : send_now(request, NULL);
    }
    pyw_request_done(request);
    return result;
}

void pyw_outgoing_flush(pyw_request *request)
{
    if (request->outgoing.entry.is_listed) {
        send_both(request, NULL, 0);
    }
}

pyw_result pyw_outgoing_close(pyw_request *request)
{
    pyw_outgoing *outgoing = &request->outgoing;

    if (outgoing->is_shared) {
        pyw_request_lock(request);
        pyw_flusher_remove(&outgoing->entry);
        pyw_request_done(request);
    }
    return outgoing->fault;
}
