/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_WATCHDOG_H
#define PYW_WORKER_WATCH_WATCHDOG_H

/*
 * Proves every few seconds that Python responds, by taking the GIL: a thread of its own asks, and the main thread,
 * which never waits for the GIL, sees how long the answer takes. All calls on the main thread.
 */

#include "wsgi/engine.h"

typedef struct pyw_watchdog pyw_watchdog;

/* Python must have been started. NULL: no memory, or no thread. */
pyw_watchdog *pyw_watchdog_start(const pyw_engine *engine, int timeout_ms);

/* Has Python not answered for the time that was given to start()? */
int pyw_watchdog_is_stuck(const pyw_watchdog *watchdog);

/* Writes the stacks of all Python threads to the log, one record a line. Takes no GIL. */
void pyw_watchdog_log_stacks(const pyw_engine *engine);

/* Ends the thread and frees the watchdog; waits for as long as Python does not respond. NULL is taken. */
void pyw_watchdog_stop(pyw_watchdog *watchdog);

#endif
