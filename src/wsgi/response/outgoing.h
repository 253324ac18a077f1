/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_OUTGOING_H
#define PYW_WSGI_RESPONSE_OUTGOING_H

/*
 * Coalesces the body bytes of a response, between the rules about lengths (wsgi/response/response.h) and the exchange.
 * The first block of a stream is sent immediately, with the head. Further blocks are coalesced in the ending, and sent
 * - when there are PYW_OUTGOING_COALESCE_MAX bytes, or with a block that is too large to be coalesced,
 * - before the application waits for its request body,
 * - by the flusher, if the application pauses (wsgi/response/flusher.h),
 * - at the end of the request, after Python has finished.
 */

#include "wsgi/request/request.h"

#define PYW_OUTGOING_COALESCE_MAX ((size_t)16 * 1024)

/* Body bytes: in memory, or, with a descriptor, in a file. */
typedef struct pyw_piece {
    const char *data;
    uint64_t length;
    int fd; /* -1: memory */
    off_t offset;
} pyw_piece;

/* Call this after pyw_request_init. */
void pyw_outgoing_init(pyw_request *request);

/*
 * Coalesces a piece, or sends it after the coalesced bytes. Releases the GIL only if the exchange would block.
 * `is_last`: this is the last piece. PYW_OK, or the first error of the exchange.
 */
pyw_result pyw_outgoing_send(pyw_request *request, const pyw_piece *piece, int is_last);

/* The response is complete, but the request may take time to end, so send the response now. Results as above. */
pyw_result pyw_outgoing_finish_early(pyw_request *request);

/* Sends the coalesced bytes before this thread waits for the client. With the carrier, without the GIL. */
void pyw_outgoing_flush(pyw_request *request);

/* Removes the stream from the flusher; the coalesced bytes are sent at the end of the request. Results as above. */
pyw_result pyw_outgoing_close(pyw_request *request);

#endif
