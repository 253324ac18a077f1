/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_EVENTS_H
#define PYW_WSGI_REQUEST_EVENTS_H

/*
 * The events of a request that applications subscribe to (pywsgi.subscribe_events). Without a subscriber they cost two
 * comparisons. The thread of the request calls them, with the GIL. Exceptions of a subscriber are logged, except
 * exceptions that end the request, such as pywsgi.RequestTimeout.
 */

#include "python/python.h"

#include "wsgi/request/request.h"

/*
 * The application is about to be called. Returns: new reference to `application`, or to the callable by which a
 * subscriber replaced it. NULL with an exception set.
 */
PyObject *pyw_events_request_started(pyw_request *request, PyObject *application, PyObject *environ);

/* start_response was called; `exc_info` may be NULL. -1 with an exception set. */
int pyw_events_response_started(pyw_request *request, PyObject *status, PyObject *headers, PyObject *exc_info);

/* The request fails because of the current exception, which stays set. */
void pyw_events_request_exception(pyw_request *request);

/* The iterable is closed. No exception is set before and after. */
void pyw_events_request_finished(pyw_request *request);

#endif
