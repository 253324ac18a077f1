/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_APACHE_REQUEST_H
#define PYW_WSGI_REQUEST_APACHE_REQUEST_H

/*
 * environ["apache.request_rec"]: a capsule without a name that contains httpd's request_rec, for extension modules. The
 * caller holds the GIL, in the interpreter of the request.
 */

#include "python/python.h"

#include "wsgi/request/request.h"

/* Adds it to environ if the exchange has a request_rec. -1 with an exception set. */
int pyw_apache_request_lend(pyw_request *request, PyObject *environ);

/* At the end of the request: afterwards PyCapsule_GetPointer fails. */
void pyw_apache_request_withdraw(pyw_request *request);

#endif
