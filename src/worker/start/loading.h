/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_LOADING_H
#define PYW_WORKER_START_LOADING_H

/*
 * The applications and scripts that the group's options list, and the thread that loads them, so that the worker's main
 * thread can always be told to stop. Main thread.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "config/options/settings.h"
#include "config/options/worker_options.h"
#include "worker/heritage.h"
#include "worker/watch/scripts.h"
#include "wsgi/engine.h"

typedef struct pyw_loading {
    const pyw_engine *engine;
    pyw_application **applications;
    int count;
    const pyw_worker_options *options;
    const pyw_settings *settings; /* for warmup= */
    void (*wake)(void);           /* called when all have been tried */
    pthread_t thread;
    int may_serve;
    char problem[PYW_BOARD_LINE]; /* has_failed: why the first of them does not load */
    int has_failed_warmup;        /* that was it */
    atomic_int is_done;           /* stored last: who sees it sees has_failed, too */
    atomic_int has_failed;        /* one of them does not load */
} pyw_loading;

/* Makes them known to the engine and has them watched. Without memory there are none. */
void pyw_loading_register(pyw_loading *loading, const pyw_worker_options *options, const pyw_engine *engine,
                          pyw_script_watch *watched);

/*
 * Starts the thread, also a second time, in a process that was forked. `may_serve`: the first request may be answered
 * (warmup=), which a template leaves to its workers. 0: it cannot be started, which was logged.
 */
int pyw_loading_start(pyw_loading *loading, int may_serve, void (*wake)(void));

/* The application that did not load has been loaded since, by a request: see load() of the engine. */
int pyw_loading_is_mended(const pyw_loading *loading);

#endif
