/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_DEADLINE_MONITOR_H
#define PYW_WSGI_DEADLINE_MONITOR_H

/*
 * Looks after requests that have a deadline, or whose threads are to be interrupted when their clients leave. Two
 * threads do that, started for the first such request: the deadline monitor, which never takes the GIL, so that it sees
 * what goes on even if nobody can have that; and the interrupt thread (wsgi/deadline/interrupt.h), which takes it.
 * Requests without either cost nothing.
 *
 * A request that has run out of time is reported with the Python stack of its thread, and pywsgi.RequestTimeout is
 * raised in that thread. If the request still runs after interrupt-timeout, the host is told.
 */

#include "python/python.h"

#include "python/process/interpreter.h"
#include "wsgi/engine.h"
#include "wsgi/request/request.h"

/* The half that needs the GIL, and the report for the case that nobody can have it (wsgi/deadline/interrupt.h). */
typedef struct pyw_monitor_reports {
    void *(*interrupt)(void *unused);                     /* the main function of the interrupt thread's thread */
    void (*note_unheard)(const pyw_monitored *monitored); /* lock held: keeps what the next one writes */
    void (*report_unheard)(void);                         /* without the lock */
} pyw_monitor_reports;

/* Before any request. Both are referred to. */
void pyw_monitor_configure(const pyw_engine_host *host, const pyw_monitor_reports *reports);

/* GIL held, by the thread of the request, in its interpreter. */
void pyw_monitor_begin(pyw_request *request, pyw_interpreter *interpreter);

/*
 * Likewise. Afterwards nothing is raised in the thread on behalf of this request any more, not even what is on its way.
 */
void pyw_monitor_end(pyw_request *request);

/* How many requests run on after interrupt-timeout. Any thread. */
int pyw_monitor_overdue(void);

/* Ends both threads; no request may run. Without the GIL. */
void pyw_monitor_stop(void);

/* In a forked process, which has neither of the threads nor a request: everything is as it was before the first. */
void pyw_monitor_forget(void);

/* For the interrupt thread. */
void pyw_monitor_lock(void);
void pyw_monitor_unlock(void);
const pyw_engine_host *pyw_monitor_host(void);
/* Lock held. NULL: that request is over. */
pyw_monitored *pyw_monitor_find(uint64_t serial);
/* Lock held. It reacts, or does not, from now on. */
void pyw_monitor_was_interrupted(pyw_monitored *monitored, pyw_interruption how);
/* Lock held. The next request that wants the interrupt thread; NULL: there is none. It is not wanted any more. */
pyw_monitored *pyw_monitor_take_wanted(void);
/* Lock held; waits until one is wanted. 0: the threads are to end. */
int pyw_monitor_wait_wanted(void);

#endif
