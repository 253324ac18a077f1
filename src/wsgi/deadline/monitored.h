/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_DEADLINE_MONITORED_H
#define PYW_WSGI_DEADLINE_MONITORED_H

/* The part of a request that belongs to pyw_monitor. */

#include "python/python.h"

#include <sys/queue.h>

struct pyw_request;

/* Where a request that is looked after stands. */
typedef enum {
    PYW_MONITORED_WATCHED = 0, /* it runs, and may */
    PYW_MONITORED_CALLED,      /* it is to be interrupted */
    PYW_MONITORED_UNHEARD,     /* ... but the GIL cannot be had */
    PYW_MONITORED_INTERRUPTED, /* the exception was raised in its thread */
    PYW_MONITORED_OVERDUE,     /* it runs all the same: the host was told, and the report is to be made */
    PYW_MONITORED_LEFT         /* nothing more is done about it */
} pyw_oversight;

typedef enum { PYW_NOT_INTERRUPTED = 0, PYW_INTERRUPTED_TIMEOUT, PYW_INTERRUPTED_GONE } pyw_interruption;

/* Part of a pyw_request. All members are guarded by the deadline monitor's lock, except for those that do not change.
 */
typedef struct pyw_monitored {
    LIST_ENTRY(pyw_monitored) next;
    struct pyw_request *request; /* NULL: not monitored. Does not change */
    PyThreadState *thread;       /* does not change */
    unsigned long thread_id;     /* of Python. Does not change */
    uint64_t serial;             /* no two requests of the process have the same. Does not change */
    int64_t begun;               /* microseconds. Does not change */
    pyw_oversight state;
    int64_t due;      /* milliseconds: when to look at it again; INT64_MAX: never */
    int64_t gone_due; /* when to look at its client */
    int is_wanted;    /* by the interrupt thread */
    int is_gone;      /* its client left, and that is why */
    int is_overdue;
    pyw_interruption raised; /* what was raised in its thread; also written only with the GIL */
} pyw_monitored;

#endif
