/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_RUNNING_H
#define PYW_WSGI_REQUEST_RUNNING_H

/* The running requests and their threads: the functions of pywsgi._requests. The caller holds the GIL. */

#include "python/python.h"

#include "wsgi/request/request.h"

/* The requests of an interpreter. */
typedef struct pyw_running {
    LIST_HEAD(, pyw_request) requests;
    PyObject *subscribers; /* list: pywsgi._events.event_callbacks; see wsgi/request/events.h */
    PyObject *active;      /* dict: pywsgi.active_requests; NULL: no application has called it */
} pyw_running;

/* Takes a new reference to `subscribers`. */
void pyw_running_init(pyw_running *running, PyObject *subscribers);
void pyw_running_clear(pyw_running *running);

/* Sets the functions of the module pywsgi._requests in the current interpreter. -1 with an exception set. */
int pyw_running_connect(pyw_running *running);

/* The calling thread begins and ends a request. */
void pyw_running_begin(pyw_running *running, pyw_request *request);
void pyw_running_end(pyw_request *request);

/* Returns: the dict that the request shares with subscribers of events, borrowed. NULL with an exception set. */
PyObject *pyw_running_data(pyw_request *request);

/* Returns: new reference to the id of the request, a str. NULL with an exception set. */
PyObject *pyw_running_id(const pyw_request *request);

#endif
