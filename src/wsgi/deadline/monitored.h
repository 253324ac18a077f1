/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_DEADLINE_MONITORED_H
#define PYW_WSGI_DEADLINE_MONITORED_H

/* The members of a request that belong to the deadline monitor. */

#include "python/python.h"

#include <sys/queue.h>

struct pyw_request;

/* The states of a monitored request. */
typedef enum {
    PYW_MONITORED_WATCHED = 0, /* it runs within its time */
    PYW_MONITORED_WANTED,      /* the interrupt thread must interrupt it */
    PYW_MONITORED_NO_GIL,      /* ... but the GIL is not available */
    PYW_MONITORED_INTERRUPTED, /* the exception was raised in its thread */
    PYW_MONITORED_OVERDUE,     /* it still runs: the host was notified, and the report is pending */
    PYW_MONITORED_GIVEN_UP     /* no further action */
} pyw_monitored_state;

typedef enum { PYW_NOT_INTERRUPTED = 0, PYW_INTERRUPTED_TIMEOUT, PYW_INTERRUPTED_GONE } pyw_interruption;

/* Part of a pyw_request. The deadline monitor's lock guards all members that change. */
typedef struct pyw_monitored {
    LIST_ENTRY(pyw_monitored) next;
    struct pyw_request *request; /* NULL: not monitored. Does not change */
    PyThreadState *thread;       /* does not change */
    unsigned long thread_id;     /* Python's id of the thread. Does not change */
    uint64_t serial;             /* unique in the process. Does not change */
    int64_t begun;               /* microseconds. Does not change */
    pyw_monitored_state state;
    int64_t due;      /* milliseconds: when to check it again; INT64_MAX: never */
    int64_t gone_due; /* when to check its client */
    int is_wanted;    /* it needs the interrupt thread */
    int64_t slow_due; /* when it counts as slow; INT64_MAX: never, or it has been reported */
    int is_slow;      /* it needs the interrupt thread for a report that it is slow */
    int is_gone;      /* it is interrupted because its client left */
    int is_overdue;
    pyw_interruption raised; /* the exception that was raised in its thread; written with the lock and the GIL */
} pyw_monitored;

#endif
