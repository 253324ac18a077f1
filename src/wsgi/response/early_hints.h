/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_EARLY_HINTS_H
#define PYW_WSGI_RESPONSE_EARLY_HINTS_H

/* environ['wsgi.early_hints']: a 103 response (RFC 8297) ahead of the final one. */

#include "wsgi/request/request.h"

/*
 * `headers` is a list of (name, value) tuples; an empty one sends nothing. GIL held, given up while the response is
 * sent. -1 with an exception set: the head has gone out, or a header may not be sent. A client that has left, or is too
 * old for it, is no error.
 */
int pyw_early_hints_send(pyw_request *request, PyObject *headers);

#endif
