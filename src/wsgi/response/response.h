/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_RESPONSE_H
#define PYW_WSGI_RESPONSE_RESPONSE_H

/*
 * The body bytes of one response on their way to the exchange, with the rules about lengths. The head that goes before
 * them is made in wsgi/response/head.h. GIL held everywhere.
 */

#include "wsgi/request/request.h"

/* A body of at most this many bytes is coalesced and sent without the GIL. */
#define PYW_WSGI_RESPONSE_COALESCE_MAX (64 * 1024)

/*
 * A block of the body. Sends the head before the first byte. -1 with an exception set: OSError if the exchange takes
 * no more (request->failed_write), RuntimeError if there was no start_response.
 */
int pyw_wsgi_response_write(pyw_request *request, const char *data, size_t length);

/* A block that must be a bytes object; TypeError if it is not. */
int pyw_wsgi_response_write_object(pyw_request *request, PyObject *chunk);

/* A part of a regular file as the next block; its descriptor stays the caller's. As pyw_wsgi_response_write. */
int pyw_wsgi_response_send_file(pyw_request *request, int fd, off_t offset, uint64_t length);

/*
 * The response is complete, but what is left to be done may take its time: then the client is to have it before. As
 * pyw_wsgi_response_write.
 */
int pyw_wsgi_response_leave_last(pyw_request *request);

/* No body byte may be sent any more: Content-Length is reached, or the response has no body. */
int pyw_wsgi_response_is_full(const pyw_request *request);

/* How many of `length` further bytes may be sent; warns if that is fewer. */
uint64_t pyw_wsgi_response_clamp(pyw_request *request, uint64_t length);

/* Fills in the ending of a response that came to its regular end. */
void pyw_wsgi_response_end(pyw_request *request);

/* Behind all that the application did for the request: completes the ending with what was not sent yet. */
void pyw_wsgi_response_close(pyw_request *request);

#endif
