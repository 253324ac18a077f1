/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_OVERSEER_H
#define PYW_OVERSEER_H

/*
 * Looks after requests that have a deadline, or whose threads are to be interrupted when their clients leave. Two
 * threads do that, started for the first such request: the overseer, which never takes the GIL, so that it sees what
 * goes on even if nobody can have that; and the interrupter (pyw_interrupter.h), which takes it. Requests without
 * either cost nothing.
 *
 * A request that has run out of time is reported with the Python stack of its thread, and pywsgi.RequestTimeout is
 * raised in that thread. If the request still runs after interrupt-timeout, the host is told.
 */

#include "python/pyw_python.h"

#include "python/pyw_interpreter.h"
#include "wsgi/pyw_engine.h"

struct pyw_request;

/* Where a request that is looked after stands. */
typedef enum {
    PYW_OVERSEEN_WATCHED = 0, /* it runs, and may */
    PYW_OVERSEEN_CALLED,      /* it is to be interrupted */
    PYW_OVERSEEN_UNHEARD,     /* ... but the GIL cannot be had */
    PYW_OVERSEEN_INTERRUPTED, /* the exception was raised in its thread */
    PYW_OVERSEEN_OVERDUE,     /* it runs all the same: the host was told, and the report is to be made */
    PYW_OVERSEEN_LEFT         /* nothing more is done about it */
} pyw_oversight;

typedef enum { PYW_NOT_INTERRUPTED = 0, PYW_INTERRUPTED_TIMEOUT, PYW_INTERRUPTED_GONE } pyw_interruption;

/* Part of a pyw_request. All members are guarded by the overseer's lock, except for those that do not change. */
typedef struct pyw_overseen {
    struct pyw_overseen *next, **link;
    struct pyw_request *request; /* NULL: not overseen. Does not change */
    PyThreadState *thread;       /* does not change */
    unsigned long thread_id;     /* of Python. Does not change */
    uint64_t serial;             /* no two requests of the process have the same. Does not change */
    int64_t begun;               /* microseconds. Does not change */
    pyw_oversight state;
    int64_t due;                 /* milliseconds: when to look at it again; INT64_MAX: never */
    int64_t gone_due;            /* when to look at its client */
    int is_wanted;               /* by the interrupter */
    int is_gone;                 /* its client left, and that is why */
    int is_overdue;
    pyw_interruption raised;     /* what was raised in its thread; also written only with the GIL */
} pyw_overseen;

/* Before any request. The host is referred to. */
void pyw_overseer_configure(const pyw_engine_host *host);

/* GIL held, by the thread of the request, in its interpreter. */
void pyw_overseer_begin(struct pyw_request *request, pyw_interpreter *interpreter);

/*
 * Likewise. Afterwards nothing is raised in the thread on behalf of this request any more, not even what is on its way.
 */
void pyw_overseer_end(struct pyw_request *request);

/* How many requests run on after interrupt-timeout. Any thread. */
int pyw_overseer_overdue(void);

/* Ends both threads; no request may run. Without the GIL. */
void pyw_overseer_stop(void);

/* In a forked process, which has neither of the threads nor a request: everything is as it was before the first. */
void pyw_overseer_forget(void);

/* For the interrupter. */
void pyw_overseer_lock(void);
void pyw_overseer_unlock(void);
const pyw_engine_host *pyw_overseer_host(void);
/* Lock held. NULL: that request is over. */
pyw_overseen *pyw_overseer_find(uint64_t serial);
/* Lock held. It reacts, or does not, from now on. */
void pyw_overseer_was_interrupted(pyw_overseen *overseen, pyw_interruption how);
/* Lock held. The next request that wants the interrupter; NULL: there is none. It is not wanted any more. */
pyw_overseen *pyw_overseer_take_wanted(void);
/* Lock held; waits until one is wanted. 0: the threads are to end. */
int pyw_overseer_wait_wanted(void);

#endif
