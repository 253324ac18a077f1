/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_LOADING_H
#define PYW_WORKER_START_LOADING_H

/*
 * Loads the applications and scripts of the group's options on a separate thread, so that the main thread can react to
 * commands meanwhile. Main thread.
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
    void (*wake)(void);           /* called after all have been loaded, or have failed */
    pthread_t thread;
    int may_serve;
    char problem[PYW_BOARD_LINE]; /* if has_failed: why the first failed application does not load */
    int has_failed_warmup;        /* the warmup request failed */
    atomic_int is_done;           /* stored after has_failed */
    atomic_int has_failed;        /* an application does not load */
} pyw_loading;

/* Registers them with the engine and watches their scripts. If memory is exhausted, none are loaded. */
void pyw_loading_register(pyw_loading *loading, const pyw_worker_options *options, const pyw_engine *engine,
                          pyw_script_watch *watched);

/*
 * Starts the thread; call this again in a forked process. `may_serve`: send the request of warmup=, which a template
 * leaves to its workers. 0: the thread cannot be started, which was logged.
 */
int pyw_loading_start(pyw_loading *loading, int may_serve, void (*wake)(void));

/* Has a request loaded the failed application meanwhile? See load() of the engine. */
int pyw_loading_is_mended(const pyw_loading *loading);

#endif
