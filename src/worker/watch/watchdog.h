/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_WATCHDOG_H
#define PYW_WORKER_WATCH_WATCHDOG_H

/*
 * Checks every few seconds that Python responds. A thread of the watchdog takes the GIL, and the main thread, which
 * never waits for the GIL, sees how long that takes. All calls on the main thread.
 */

#include "wsgi/engine.h"

typedef struct pyw_watchdog pyw_watchdog;

/* Python must have been started. NULL: out of memory, or the thread cannot be started. */
pyw_watchdog *pyw_watchdog_start(const pyw_engine *engine, int timeout_ms);

/* Has Python not responded for the timeout of start()? */
int pyw_watchdog_is_stuck(const pyw_watchdog *watchdog);

/* Writes the stacks of all Python threads to the log, a record for each line. Takes no GIL. */
void pyw_watchdog_log_stacks(const pyw_engine *engine);

/* Ends the thread and frees the watchdog. Waits until Python responds. NULL is allowed. */
void pyw_watchdog_stop(pyw_watchdog *watchdog);

#endif
