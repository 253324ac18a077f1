/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/start/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "worker/start/engine.h"
#include "worker/start/warmup.h"
#include "worker/watch/crash_traceback.h"

void pyw_loading_register(pyw_loading *loading, const pyw_worker_options *options, const pyw_engine *engine,
                          pyw_script_watch *watched)
{
    int count = pyw_open_engine_count(options);
    pyw_application_spec *specs = calloc((size_t)count + 1, sizeof(*specs));

    loading->engine = engine;
    loading->options = options;
    loading->applications = calloc((size_t)count + 1, sizeof(pyw_application *));
    if (specs != NULL && loading->applications != NULL) {
        pyw_open_engine_specs(options, specs);
        for (int i = 0; i < count; i++) {
            pyw_application *application = engine->application(&specs[i]);

            if (application != NULL) {
                loading->applications[loading->count++] = application;
                pyw_script_watch_add(watched, application, &specs[i]);
            }
        }
    }
    free(specs);
}

/* The scripts before the applications are only executed. */
static void warm_up(pyw_loading *loading)
{
    const char *url = loading->may_serve ? loading->options->warmup : NULL;

    for (int i = loading->options->imports->nelts; url != NULL && i < loading->count && !loading->has_failed; i++) {
        loading->has_failed = !pyw_warmup(loading->engine, loading->applications[i], url, loading->settings);
        if (loading->has_failed) {
            loading->has_failed_warmup = 1;
            snprintf(loading->problem, sizeof(loading->problem), "the request of warmup=%s failed", url);
        }
    }
}

static void load_one(pyw_loading *loading, pyw_application *application)
{
    if (loading->engine->load(application) == PYW_OK) {
        return;
    }
    if (!loading->has_failed) {
        loading->engine->load_problem(application, loading->problem, sizeof(loading->problem));
    }
    loading->has_failed = 1;
}

static void *run_loading(void *data)
{
    pyw_loading *loading = data;

    pyw_crash_enter(PYW_CRASH_NO_SLOT);
    for (int i = 0; i < loading->count; i++) {
        load_one(loading, loading->applications[i]);
    }
    warm_up(loading);
    loading->engine->thread_end();
    pyw_crash_leave();
    loading->is_done = 1;
    loading->wake();
    return NULL;
}

int pyw_loading_start(pyw_loading *loading, int may_serve, void (*wake)(void))
{
    int error;

    loading->wake = wake;
    loading->may_serve = may_serve;
    loading->problem[0] = '\0';
    loading->has_failed_warmup = 0;
    loading->is_done = loading->has_failed = 0;
    error = pthread_create(&loading->thread, NULL, run_loading, loading);
    if (error != 0) {
        pyw_log(PYW_LOG_CRIT, PYWNO(0421) "the worker cannot start a thread: %s", strerror(error));
    }
    return error == 0;
}

int pyw_loading_is_mended(const pyw_loading *loading)
{
    char problem[PYW_BOARD_LINE] = "";

    for (int i = 0; i < loading->count && *problem == '\0'; i++) {
        loading->engine->load_problem(loading->applications[i], problem, sizeof(problem));
    }
    return *problem == '\0' && !loading->has_failed_warmup;
}
