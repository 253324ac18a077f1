/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ADAPTER_H
#define PYW_ADAPTER_H

/*
 * PEP 3333 between a callable and an exchange. One pyw_adapter_state per interpreter holds what its requests share;
 * pyw_adapter_run serves one request and leaves a pyw_ending, which pyw_adapter_finish carries out without the GIL.
 * So a request with a small answer takes the GIL once:
 *
 *     pyw_ending ending;
 *     take the GIL, in the interpreter of `state`
 *     pyw_adapter_run(state, interpreter, callable, exchange, &ending);
 *     give up the GIL
 *     pyw_adapter_finish(exchange, &ending);
 */

#include "python/pyw_python.h"

#include "base/pyw_buffer.h"
#include "python/pyw_interpreter.h"
#include "wsgi/pyw_exchange.h"

typedef struct pyw_adapter_state pyw_adapter_state;

/* The constants of an interpreter's environ. Strings are copied, objects are kept by reference. */
typedef struct pyw_adapter_settings {
    const char *process_group;
    const char *application_group;
    int multithread;
    int multiprocess;
    PyObject *errors;  /* wsgi.errors of every request */
    PyObject *version; /* pywsgi.version */
    PyObject *request_timeout; /* pywsgi.RequestTimeout */
    PyObject *client_gone;     /* pywsgi.ClientGone */
} pyw_adapter_settings;

/* GIL held, in the interpreter concerned. NULL with an exception set. */
pyw_adapter_state *pyw_adapter_state_create(const pyw_adapter_settings *settings);

/* GIL held, in the same interpreter, before it ends; no request may be inside pyw_adapter_run. NULL is allowed. */
void pyw_adapter_state_destroy(pyw_adapter_state *state);

/* What is left to do when Python is done with a request. Members are pyw_adapter_run's and pyw_adapter_finish's. */
typedef struct pyw_ending {
    pyw_outcome outcome;
    int status;         /* for PYW_ERROR */
    int send;           /* the head and body below have not been sent yet */
    int head_pending;   /* ... and the head is among them */
    int status_code;
    pyw_buffer head;    /* reason, names and values, one behind the other */
    uint32_t reason_length;
    pyw_pair *headers;  /* point into `head` */
    uint32_t count;
    uint32_t capacity;
    pyw_buffer body;
} pyw_ending;

/*
 * Calls the application, sends its response as far as it does not fit into the ending, and calls close() of the
 * iterable. GIL held before and after (given up while the exchange blocks); no exception is set on return. Failures
 * have been logged through the exchange. Fills in *ending, whatever was in it. `interpreter` is the one of `state`.
 */
void pyw_adapter_run(pyw_adapter_state *state, pyw_interpreter *interpreter, PyObject *callable,
                     pyw_exchange *exchange, pyw_ending *ending);

/* An ending for a request whose application could not be had: `status` goes to pyw_adapter_finish. */
void pyw_adapter_fail(pyw_ending *ending, int status);

/* Without the GIL: sends what is left, calls the exchange's finish(), frees what the ending holds. */
void pyw_adapter_finish(pyw_exchange *exchange, pyw_ending *ending);

#endif
