/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_ADAPTER_H
#define PYW_WSGI_ADAPTER_H

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

#include "python/python.h"

#include "python/process/interpreter.h"
#include "wsgi/ending.h"
#include "wsgi/state.h"

/*
 * Calls the application, sends its response as far as it does not fit into the ending, and calls close() of the
 * iterable. GIL held before and after (given up while the exchange blocks); no exception is set on return. Failures
 * have been logged through the exchange. Fills in *ending, whatever was in it. `interpreter` is the one of `state`.
 */
void pyw_adapter_run(pyw_adapter_state *state, pyw_interpreter *interpreter, PyObject *callable, pyw_exchange *exchange,
                     pyw_ending *ending);

/* An ending for a request whose application could not be had: `status` goes to pyw_adapter_finish. */
void pyw_adapter_fail(pyw_ending *ending, int status);

/* Without the GIL: sends what is left, calls the exchange's finish(), frees what the ending holds. */
void pyw_adapter_finish(pyw_exchange *exchange, pyw_ending *ending);

#endif
