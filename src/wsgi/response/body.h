/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_BODY_H
#define PYW_WSGI_RESPONSE_BODY_H

/*
 * The body of a response: what the application returned, block by block, coalesced where it is small and complete.
 */

#include "wsgi/request/request.h"

/*
 * Sends the blocks of `result`, an iterable; its close() is the caller's business. `has_close`: it has one, so that the
 * client has to get a complete response before that is called. GIL held, given up where the exchange blocks. -1
 * with an exception set.
 */
int pyw_body_send(pyw_request *request, PyObject *result, int has_close);

#endif
