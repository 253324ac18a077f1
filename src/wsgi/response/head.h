/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_HEAD_H
#define PYW_WSGI_RESPONSE_HEAD_H

/*
 * The head of a response. The arguments of start_response are checked and copied out of Python; the copy waits in the
 * request's ending for the first byte of the body. The caller holds the GIL.
 */

#include "wsgi/request/request.h"

/* The maximum size of a response head, status line and header fields as on the wire. */
#define PYW_WSGI_RESPONSE_HEAD_MAX ((size_t)256 * 1024)

/* The name and the value of a header, borrowed from the objects that an application gave. */
typedef struct pyw_native_header {
    const char *name, *value;
    size_t name_length, value_length;
} pyw_native_header;

/* Takes the Latin-1 bytes of two native strings, and checks the value, not the name. -1 with an exception set. */
int pyw_wsgi_response_native_header(pyw_native_header *header, PyObject *name, PyObject *value);

/* Takes status and headers, which replace those of an earlier call. -1 with an exception set: nothing is stored. */
int pyw_wsgi_response_start(pyw_request *request, PyObject *status, PyObject *headers);

/* Adds a Content-Length, if the response may have one and has none. -1 with an exception set. */
int pyw_wsgi_response_add_length(pyw_request *request, uint64_t length);

/* Fills in *head from the ending. Valid as long as the ending does not change. */
void pyw_wsgi_response_head(pyw_ending *ending, pyw_head *head);

#endif
