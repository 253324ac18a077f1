/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_HEAD_H
#define PYW_WSGI_RESPONSE_HEAD_H

/*
 * The head of a response: what start_response is given, checked and copied out of Python, waits in the request's ending
 * for the first byte of the body. GIL held everywhere.
 */

#include "wsgi/request/request.h"

/* The head of a response may be this large, status line and header fields as on the wire. */
#define PYW_WSGI_RESPONSE_HEAD_MAX ((size_t)256 * 1024)

/*
 * The Latin-1 bytes of a native string (PEP 3333, "A Note On String Types"); borrowed from `object`. NULL with
 * TypeError or ValueError set; `what` names the thing in the message.
 */
const char *pyw_wsgi_response_native_string(PyObject *object, const char *what, size_t *length);

/* Takes status and headers, in place of those of an earlier call. -1 with an exception set: nothing is kept. */
int pyw_wsgi_response_start(pyw_request *request, PyObject *status, PyObject *headers);

/* Adds a Content-Length, if the response may have one and has none. -1 with an exception set. */
int pyw_wsgi_response_add_length(pyw_request *request, uint64_t length);

/* Completes pyw_head from the ending; valid as long as the ending is not changed. */
void pyw_wsgi_response_head(pyw_ending *ending, pyw_head *head);

#endif
