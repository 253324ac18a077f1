/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_ADAPTER_H
#define PYW_WSGI_ADAPTER_H

/*
 * Implements PEP 3333 between a callable and an exchange. A pyw_adapter_state contains the shared data of an
 * interpreter. pyw_adapter_run serves one request and fills in a pyw_ending, which pyw_adapter_finish carries out
 * without the GIL. So a request with a small response acquires the GIL once:
 *
 *     pyw_ending ending;
 *     acquire the GIL, in the interpreter of `state`
 *     pyw_adapter_run(state, interpreter, callable, exchange, &ending);
 *     release the GIL
 *     pyw_adapter_finish(exchange, &ending);
 */

#include "python/python.h"

#include "python/process/interpreter.h"
#include "wsgi/ending.h"
#include "wsgi/state.h"

/*
 * Calls the application, sends the part of its response that does not fit into the ending, and calls close() of the
 * iterable. The GIL is held before and after, and released while the exchange blocks. No exception is set on return;
 * failures have been logged through the exchange. Overwrites *ending. `interpreter` is the interpreter of `state`.
 * `gil_wait_us`: how long acquiring the GIL took.
 */
void pyw_adapter_run(pyw_adapter_state *state, pyw_interpreter *interpreter, PyObject *callable, pyw_exchange *exchange,
                     int64_t gil_wait_us, pyw_ending *ending);

/* Fills in the ending of a request whose application is not available. pyw_adapter_finish sends `status`. */
void pyw_adapter_fail(pyw_ending *ending, int status);

/*
 * Sends the rest of the response, calls the exchange's finish(), and frees the members of the ending. Without the GIL.
 */
void pyw_adapter_finish(pyw_exchange *exchange, pyw_ending *ending);

#endif
