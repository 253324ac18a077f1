/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WORKER_H
#define PYW_WORKER_WORKER_H

/*
 * A worker as its main thread knows it. worker/main.c runs it, worker/commands.c reads the manager's orders,
 * worker/end.c ends it. Everything belongs to the main thread, or in a service group to the thread beside the
 * program; no GIL.
 */

#include <stdint.h>

#include "wire/channel.h"
#include "worker/program.h"
#include "worker/serve/pool.h"
#include "worker/start/inherit.h"
#include "worker/start/loading.h"
#include "worker/start/template.h"
#include "worker/watch/watchdog.h"

typedef struct pyw_worker {
    pyw_inheritance heritage;
    pyw_channel *manager;
    pyw_service service;
    pyw_worker_template *template; /* NULL: it is a worker */
    int is_forked;                 /* the fork of a template, and no worker yet */
    pyw_pool *pool;                /* NULL until the applications are loaded */
    pyw_watchdog *watchdog;
    int is_stuck; /* which the manager knows */
    pyw_loading loading;
    pyw_program *program; /* NULL: it serves requests */
    int is_told;          /* the manager knows that they are loaded, or have failed */
    int is_finishing;     /* the manager knows that nothing more is begun */
    int may_serve;        /* READY was said, or BROKEN answered with SERVE */
    int64_t next_watch;
    int64_t next_overdue;  /* when to tell the manager of overdue requests again */
    int64_t lost_at;       /* when its manager went; 0: it has one */
    int64_t alone_until;   /* its manager is gone, and it still accepts; 0: it does not do so for want of one */
    int64_t started;       /* when the process began to be this worker, or this template */
    int64_t drained_since; /* when draining began; 0: it has not */
    int64_t stacks_at;     /* when loading has taken so long that the log gets the stacks; INT64_MAX: never */
    int64_t stop_at;       /* draining has to be over; INT64_MAX: never forced */
} pyw_worker;

/* Says it to the manager, if there is one. */
void pyw_worker_tell(pyw_worker *self, pyw_frame_type type);

/* Brings the options that may change while the worker runs to those who use them. */
void pyw_worker_use_options(pyw_worker *self);

#endif
