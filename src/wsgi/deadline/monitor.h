/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_DEADLINE_MONITOR_H
#define PYW_WSGI_DEADLINE_MONITOR_H

/*
 * Monitors requests that have a deadline, or whose threads are interrupted when their clients leave. Two threads do
 * this, started for the first such request. The deadline monitor never takes the GIL, so that it works even if the GIL
 * is not available. The interrupt thread (wsgi/deadline/interrupt.h) takes the GIL. Other requests cost nothing.
 *
 * When a request exceeds its deadline, it is reported with the Python stack of its thread, and pywsgi.RequestTimeout is
 * raised in that thread. If the request still runs after interrupt-timeout, the host is notified.
 *
 * With WSGISlowRequests all requests are monitored. A request that runs for longer is reported once, with its stack.
 */

#include "python/python.h"

#include "python/process/interpreter.h"
#include "wsgi/engine.h"
#include "wsgi/request/request.h"

/* The part that needs the GIL, and the report when the GIL is not available (wsgi/deadline/interrupt.h). */
typedef struct pyw_monitor_reports {
    void *(*interrupt)(void *unused); /* the main function of the interrupt thread */
    void (*prepare_no_gil_report)(
        const pyw_monitored *monitored); /* with the lock: stores the facts for report_no_gil */
    void (*report_no_gil)(void);         /* without the lock */
} pyw_monitor_reports;

/* Call this before any request. Both arguments must stay valid. */
void pyw_monitor_configure(const pyw_engine_host *host, const pyw_monitor_reports *reports);

/* On the thread of the request, in its interpreter, with the GIL. */
void pyw_monitor_begin(pyw_request *request, pyw_interpreter *interpreter);

/*
 * On the same thread, with the GIL. Afterwards no exception is raised in the thread for this request, not even a
 * pending one.
 */
void pyw_monitor_end(pyw_request *request);

/* The number of requests that still run after interrupt-timeout. Any thread. */
int pyw_monitor_overdue(void);

/* Ends both threads. No request may run. Without the GIL. */
void pyw_monitor_stop(void);

/* For a forked process, which has neither the threads nor a request. Resets everything. */
void pyw_monitor_forget(void);

/* For the interrupt thread. */
void pyw_monitor_lock(void);
void pyw_monitor_unlock(void);
const pyw_engine_host *pyw_monitor_host(void);
/* The caller holds the lock. NULL: the request has ended. */
pyw_monitored *pyw_monitor_find(uint64_t serial);
/* Notes that the request was interrupted. The caller holds the lock. */
void pyw_monitor_was_interrupted(pyw_monitored *monitored, pyw_interruption how);
/*
 * Returns the next request that needs the interrupt thread, and marks it as taken; NULL: none. *is_slow: only for a
 * report that it is slow. The caller holds the lock.
 */
pyw_monitored *pyw_monitor_take_wanted(int *is_slow);
/* Waits until a request needs the interrupt thread. The caller holds the lock. 0: the threads must end. */
int pyw_monitor_wait_wanted(void);

#endif
