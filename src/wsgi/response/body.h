/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_BODY_H
#define PYW_WSGI_RESPONSE_BODY_H

/* The body of a response: the blocks of the application's iterable, coalesced if the response is small and complete. */

#include "wsgi/request/request.h"

/*
 * Sends the blocks of `result`, an iterable. The caller calls its close(). `has_close`: the iterable has a close(), so
 * the client must get a complete response before that call. The caller holds the GIL, which is released while the
 * exchange blocks. -1 with an exception set.
 */
int pyw_body_send(pyw_request *request, PyObject *result, int has_close);

#endif
