/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_HANDLE_H
#define PYW_WSGI_REQUEST_HANDLE_H

/*
 * Callables that a request lends to its application: start_response, the write() that it returns,
 * environ['pywsgi.client_gone'] and environ['wsgi.early_hints']. Each points to the request until the request ends;
 * afterwards a call raises RuntimeError. The caller holds the GIL.
 */

#include "python/python.h"

#include "wsgi/request/request.h"

typedef enum {
    PYW_HANDLE_START_RESPONSE = 0,
    PYW_HANDLE_WRITE,
    PYW_HANDLE_CLIENT_GONE,
    PYW_HANDLE_EARLY_HINTS,
    PYW_HANDLE_KINDS
} pyw_handle_kind;

/* Returns: new reference to a heap type of this interpreter; NULL with an exception set. */
PyTypeObject *pyw_handle_type(pyw_handle_kind kind);

/* Returns: new reference to an inert object of `type`, which is pyw_handle_type(kind). */
PyObject *pyw_handle_create(PyTypeObject *type, pyw_handle_kind kind);

/* `write` (borrowed, with the same lifetime) is the result of start_response; NULL for the other kinds. */
void pyw_handle_lend(PyObject *handle, pyw_request *request, PyObject *write);
void pyw_handle_withdraw(PyObject *handle);

#endif
