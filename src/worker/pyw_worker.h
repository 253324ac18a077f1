/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_H
#define PYW_WORKER_H

/*
 * What the main thread of a worker knows. It is one concept in three files, which therefore see its members:
 * pyw_worker.c lives the life, pyw_worker_orders.c takes the manager's orders, pyw_worker_end.c finishes. All of it is
 * the main thread's, or in a service group that of the thread beside the program; no GIL.
 */

#include <stdint.h>

#include "wire/pyw_channel.h"
#include "worker/pyw_forking.h"
#include "worker/pyw_inherit.h"
#include "worker/pyw_loading.h"
#include "worker/pyw_pool.h"
#include "worker/pyw_program_main.h"
#include "worker/pyw_watchdog.h"

typedef struct pyw_worker {
    pyw_inheritance heritage;
    pyw_channel *manager;
    pyw_service service;
    pyw_forking *template; /* NULL: it is a worker */
    int is_forked;         /* the fork of a template, and no worker yet */
    pyw_pool *pool;        /* NULL until the applications are loaded */
    pyw_watchdog *watchdog;
    int is_stuck; /* which the manager knows */
    pyw_loading loading;
    pyw_program *program; /* NULL: it serves requests */
    int is_told;          /* the manager knows that they are loaded, or have failed */
    int is_finishing;     /* the manager knows that nothing more is begun */
    int may_serve;        /* READY was said, or BROKEN answered with SERVE */
    int64_t next_watch;
    int64_t next_overdue; /* when to tell the manager of overdue requests again */
    int64_t lost_at;      /* when its manager went; 0: it has one */
    int64_t alone_until;  /* its manager is gone, and it still accepts; 0: it does not do so for want of one */
    int64_t started;       /* when the process began to be this worker, or this template */
    int64_t drained_since; /* when draining began; 0: it has not */
    int64_t stacks_at;     /* when loading has taken so long that the log gets the stacks; INT64_MAX: never */
    int64_t stop_at;      /* draining has to be over; INT64_MAX: never forced */
} pyw_worker;

/* Says it to the manager, if there is one. */
void pyw_worker_tell(pyw_worker *self, pyw_frame_type type);

/* Brings the options that may change while the worker runs to those who use them. */
void pyw_worker_use_options(pyw_worker *self);

/* Does all that the manager has ordered. On the fork of a template it stops at the order that made it. */
void pyw_worker_take_orders(pyw_worker *self);

/* Begins nothing more. How long the rest may take is the manager's business. */
void pyw_worker_drain(pyw_worker *self);

/* As pyw_worker_drain, and by shutdown-timeout it has to be over, sooner without a manager: nobody else would end it.
 */
void pyw_worker_drain_in_time(pyw_worker *self);

int pyw_worker_is_draining(const pyw_worker *self);

/* The manager is gone, or is no longer understood; and what follows from that later. */
void pyw_worker_lose_manager(pyw_worker *self);
void pyw_worker_look_at_manager(pyw_worker *self);

/* Tells the manager, once, that no thread begins a request any more. */
void pyw_worker_look_at_threads(pyw_worker *self);

/*
 * 1: all requests are done, but for those that have had their answer long ago and do not end. Unless there are such,
 * nothing of Python runs any more.
 */
int pyw_worker_is_drained(pyw_worker *self);

/* The exit status of a worker that is. */
int pyw_worker_drained_status(const pyw_worker *self);

/* Ends Python; returns the exit status that it got, or exits with it. */
int pyw_worker_stop_engine(pyw_worker *self, int status);

#endif
