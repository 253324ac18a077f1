/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_OUTGOING_H
#define PYW_WSGI_RESPONSE_OUTGOING_H

/*
 * The body bytes of a response between the rules about them (wsgi/response/response.h) and the exchange. The first
 * block of a stream is sent with the head at once, those behind it are coalesced in the ending, and leave it
 * - when there are PYW_OUTGOING_COALESCE_MAX of them, or with a block that is too large to be coalesced,
 * - before the application waits for its request body,
 * - by the flusher, if the application does not go on soon (wsgi/response/flusher.h),
 * - at the end of the request, when Python is done with it.
 * GIL held everywhere, unless a function says otherwise; what is coalesced is guarded by the request's carrier.
 */

#include "wsgi/request/request.h"

#define PYW_OUTGOING_COALESCE_MAX ((size_t)16 * 1024)

/* Body bytes: of memory, or, with a descriptor, of a file. */
typedef struct pyw_piece {
    const char *data;
    uint64_t length;
    int fd; /* -1: memory */
    off_t offset;
} pyw_piece;

/* Behind pyw_request_init. */
void pyw_outgoing_init(pyw_request *request);

/*
 * Gathers a piece, or sends it behind what is coalesced; the GIL is given up only if the exchange would block.
 * `is_last`: no other follows. PYW_OK, or how the exchange failed now or before.
 */
pyw_result pyw_outgoing_send(pyw_request *request, const pyw_piece *piece, int is_last);

/*
 * The response is complete, and what is left to be done before the end of the request may take its time. Results as
 * above.
 */
pyw_result pyw_outgoing_leave_last(pyw_request *request);

/* Carrier held, no GIL: sends what is coalesced, because this thread is going to wait for the client. */
void pyw_outgoing_flush(pyw_request *request);

/* Takes the stream away from the flusher: what is coalesced now is for the end of the request. Results as above. */
pyw_result pyw_outgoing_close(pyw_request *request);

#endif
