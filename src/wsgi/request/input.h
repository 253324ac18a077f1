/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_INPUT_H
#define PYW_WSGI_REQUEST_INPUT_H

/*
 * wsgi.input. The exchange writes directly into the bytes object that read() returns; only lines use a buffer. Errors
 * are sticky: a partial body never appears to be complete. The caller holds the GIL; it is released while the exchange
 * reads.
 */

#include "python/python.h"

#include "wsgi/request/request.h"

/* Returns: new reference to a heap type of this interpreter; NULL with an exception set. */
PyTypeObject *pyw_input_type(void);

/* Returns: new reference to an object that belongs to no request. */
PyObject *pyw_input_create(PyTypeObject *type);

void pyw_input_lend(PyObject *input, pyw_request *request);
void pyw_input_withdraw(PyObject *input);

#endif
