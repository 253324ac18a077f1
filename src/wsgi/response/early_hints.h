/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_EARLY_HINTS_H
#define PYW_WSGI_RESPONSE_EARLY_HINTS_H

/* environ['wsgi.early_hints']: sends a 103 response (RFC 8297) before the final response. */

#include "wsgi/request/request.h"

/*
 * `headers` is a list of (name, value) tuples; an empty list sends nothing. The caller holds the GIL, which is released
 * while the response is sent. -1 with an exception set: the head was sent, or a header is not allowed. A client that
 * has left, or does not support 103, is no error.
 */
int pyw_early_hints_send(pyw_request *request, PyObject *headers);

#endif
