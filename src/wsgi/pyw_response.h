/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_RESPONSE_H
#define PYW_RESPONSE_H

/*
 * The response of one request: the head that start_response leaves, and the body bytes on their way to the exchange,
 * with the rules about lengths. GIL held everywhere.
 */

#include "wsgi/pyw_request.h"

/* The head of a response may be this large, status line and header fields as on the wire. */
#define PYW_RESPONSE_HEAD_MAX (256 * 1024)

/* A body of at most this many bytes is gathered and sent without the GIL. */
#define PYW_RESPONSE_GATHER_MAX (64 * 1024)

/* Takes status and headers, in place of those of an earlier call. -1 with an exception set: nothing is kept. */
int pyw_response_start(pyw_request *request, PyObject *status, PyObject *headers);

/* Adds a Content-Length, if the response may have one and has none. -1 with an exception set. */
int pyw_response_add_length(pyw_request *request, uint64_t length);

/*
 * A block of the body. Sends the head before the first byte. -1 with an exception set: OSError if the exchange takes
 * no more (request->failed_write), RuntimeError if there was no start_response.
 */
int pyw_response_write(pyw_request *request, const char *data, size_t length);

/* A block that must be a bytes object; TypeError if it is not. */
int pyw_response_write_object(pyw_request *request, PyObject *chunk);

/* No body byte may be sent any more: Content-Length is reached, or the response has no body. */
int pyw_response_is_full(const pyw_request *request);

/* How many of `length` further bytes may be sent; warns if that is fewer. */
uint64_t pyw_response_clamp(pyw_request *request, uint64_t length);

/* Completes pyw_head from the ending; valid as long as the ending is not changed. */
void pyw_response_head(pyw_ending *ending, pyw_head *head);

/* Fills in the ending of a response that came to its regular end. */
void pyw_response_end(pyw_request *request);

#endif
