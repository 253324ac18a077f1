/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WORKER_H
#define PYW_WORKER_WORKER_H

/*
 * The state of a worker. worker/main.c runs it, worker/commands.c handles the manager's commands, worker/end.c ends it.
 * All members belong to the main thread, or in a service group to the second thread; no GIL.
 */

#include <stdint.h>

#include "wire/channel.h"
#include "wire/end_reason.h"
#include "worker/program.h"
#include "worker/serve/pool.h"
#include "worker/start/inherit.h"
#include "worker/start/loading.h"
#include "worker/start/template.h"
#include "worker/watch/file_check.h"
#include "worker/watch/profile.h"
#include "worker/watch/watchdog.h"

typedef struct pyw_worker {
    pyw_inheritance heritage;
    pyw_channel *manager;
    pyw_service service;
    pyw_worker_template *template; /* NULL: this is a worker */
    int is_forked;                 /* forked from a template, but not a worker yet */
    pyw_pool *pool;                /* NULL until the applications are loaded */
    pyw_file_check *files;
    pyw_watchdog *watchdog;
    pyw_profile *profile; /* NULL: none was requested yet */
    int is_stuck;         /* the manager was notified that Python does not respond */
    pyw_loading loading;
    pyw_program *program; /* NULL: it serves requests */
    int is_load_reported; /* the manager was notified that loading has ended */
    int is_finishing;     /* the manager was notified that no further request starts */
    int may_serve;        /* READY was sent, or the manager answered BROKEN with SERVE */
    int64_t next_watch;
    int64_t next_overdue;      /* when to notify the manager of overdue requests again */
    int64_t lost_at;           /* when the manager exited; 0: it runs */
    int64_t serve_alone_until; /* without a manager: when to drain; 0: the manager runs, or the worker drains */
    pyw_end_reason reason;     /* why the worker ends: of the manager's DRAIN */
    int64_t started;           /* when the process became this worker, or this template */
    int64_t drained_since;     /* when draining began; 0: not draining */
    int64_t stacks_at;         /* when to log the stacks because loading takes too long; INT64_MAX: never */
    int64_t stop_at;           /* when to end a drain by force; INT64_MAX: never */
} pyw_worker;

/*
 * Sends a frame without payload to the manager, if there is one. If that fails, closes the channel, so that
 * pyw_worker_check_manager ends the worker.
 */
void pyw_worker_send(pyw_worker *self, pyw_frame_type type);

/* Applies the options that may change while the worker runs. */
void pyw_worker_use_options(pyw_worker *self);

#endif
