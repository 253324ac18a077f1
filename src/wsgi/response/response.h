/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_RESPONSE_H
#define PYW_WSGI_RESPONSE_RESPONSE_H

/*
 * Applies the rules about lengths to the body bytes of a response, and passes them to the exchange.
 * wsgi/response/head.h creates the head. The caller holds the GIL.
 */

#include "wsgi/request/request.h"

/* A body of at most this size is coalesced and sent without the GIL. */
#define PYW_WSGI_RESPONSE_COALESCE_MAX 65536

/*
 * Sends a block of the body, and the head before the first byte. -1 with an exception set: OSError if the exchange
 * accepts no more bytes (request->failed_write), RuntimeError if start_response was not called.
 */
int pyw_wsgi_response_write(pyw_request *request, const char *data, size_t length);

/* Like pyw_wsgi_response_write, for a bytes object. TypeError for any other object. */
int pyw_wsgi_response_write_object(pyw_request *request, PyObject *chunk);

/*
 * Sends a part of a regular file as the next block. The caller owns the descriptor. Errors as pyw_wsgi_response_write.
 */
int pyw_wsgi_response_send_file(pyw_request *request, int fd, off_t offset, uint64_t length);

/*
 * The response is complete, but the request may take time to end, so send the response now. Errors as
 * pyw_wsgi_response_write.
 */
int pyw_wsgi_response_finish_early(pyw_request *request);

/* Whether no further body byte is allowed, because Content-Length is reached or the response has no body. */
int pyw_wsgi_response_is_full(const pyw_request *request);

/* Returns how many of `length` further bytes may be sent, and warns of surplus bytes. */
uint64_t pyw_wsgi_response_clamp(pyw_request *request, uint64_t length);

/* Fills in the ending of a response that the application has completed. */
void pyw_wsgi_response_end(pyw_request *request);

/* Completes the ending with the unsent bytes. Call this after all code of the application for the request. */
void pyw_wsgi_response_close(pyw_request *request);

#endif
