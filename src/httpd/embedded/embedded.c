/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/embedded/embedded.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <dlfcn.h>
#include <http_config.h>
#include <http_log.h>
#include <http_main.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/log.h"
#include "httpd/child_context.h"
#include "httpd/embedded/exchange.h"
#include "httpd/embedded/forked.h"
#include "httpd/facts.h"
#include "httpd/log/log.h"
#include "httpd/status/board.h"

APLOG_USE_MODULE(pywsgi);

/* A warning is logged if an interrupted thread still runs after this time. */
#define INTERRUPT_TIMEOUT_MS 5000

/* The time limit for the end of applications' threads. httpd kills a child a few seconds after SIGTERM. */
#define THREADS_MS 2000

typedef enum { ENGINE_NOT_TRIED = 0, ENGINE_RUNNING, ENGINE_UNUSABLE } engine_state;

/* Python in this child. */
struct pyw_embedded {
    apr_pool_t *pool;
    apr_thread_mutex_t *lock; /* protects the change from NOT_TRIED */
    _Atomic engine_state state;
    atomic_uint running; /* threads inside run() */
    const pyw_engine *engine;
    pyw_engine_host host;
};

static const char *const *python_path(apr_pool_t *pool, const char *text)
{
    apr_array_header_t *entries = apr_array_make(pool, 4, sizeof(const char *));
    char *state = NULL;
    char *copy = apr_pstrdup(pool, text ? text : "");

    for (char *entry = apr_strtok(copy, ":", &state); entry; entry = apr_strtok(NULL, ":", &state)) {
        APR_ARRAY_PUSH(entries, const char *) = entry;
    }
    APR_ARRAY_PUSH(entries, const char *) = NULL;
    return (const char *const *)entries->elts;
}

static int mpm_value(int query)
{
    int value = 0;

    return ap_mpm_query(query, &value) == APR_SUCCESS ? value : 0;
}

static void describe_host(void)
{
    struct pyw_embedded *embedded = pyw_httpd_child.embedded;
    const pyw_server_config *config = pyw_config_main();
    int threads = mpm_value(AP_MPMQ_MAX_THREADS);
    int processes = mpm_value(AP_MPMQ_MAX_DAEMONS);

    embedded->host.log = pyw_httpd_log_server;
    embedded->host.log_baton = ap_server_conf;
    embedded->host.log_threshold = pyw_httpd_log_threshold(ap_server_conf);
    embedded->host.process_group = "";
    embedded->host.python_home = config->python_home;
    embedded->host.python_path = python_path(embedded->pool, config->python_path);
    embedded->host.python_settings = config->embedded_settings;
    embedded->host.threads = threads > 0 ? threads : 1;
    embedded->host.processes = processes > 0 ? processes : 1;
    embedded->host.httpd = pyw_facts_text(embedded->pool);
    embedded->host.multiprocess = embedded->host.processes > 1;
    embedded->host.is_daemon = 0;
    embedded->host.forked = pyw_embedded_forked;
    embedded->host.log_forked = pyw_embedded_forked_log;
    embedded->host.interrupts = 1;
    embedded->host.interrupt_timeout_ms = INTERRUPT_TIMEOUT_MS;
}

static const pyw_engine *open_engine(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    pyw_engine_entry_fn *entry = NULL;
    const pyw_engine *engine = NULL;

    if (handle) {
        *(void **)&entry = dlsym(handle, PYW_ENGINE_ENTRY);
    }
    if (!entry) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     PYWNO(0220) "the engine for embedded applications cannot be loaded: %s", dlerror());
        return NULL;
    }
    engine = entry();
    if (engine->abi != PYW_ENGINE_ABI) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     PYWNO(0221) "the engine %s has ABI %u, this module needs %u: build and install both together",
                     path, engine->abi, PYW_ENGINE_ABI);
        return NULL;
    }
    return engine;
}

/*
 * Runs at the child's exit. prefork exits in its SIGTERM handler, which may have interrupted the application. In that
 * case the engine must not call Python.
 */
static apr_status_t stop_engine(void *unused)
{
    struct pyw_embedded *embedded = pyw_httpd_child.embedded;

    (void)unused;
    if (embedded->state == ENGINE_RUNNING && pyw_httpd_child.pid == getpid()) {
        embedded->state = ENGINE_UNUSABLE;
        embedded->engine->stop(embedded->running > 0, THREADS_MS, "shutdown_signal");
    }
    return APR_SUCCESS;
}

static engine_state start_engine(void)
{
    struct pyw_embedded *embedded = pyw_httpd_child.embedded;
    const char *path = pyw_config_main()->embedded_engine;
    pyw_problem problem;

    if (!path) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     PYWNO(0222) "no engine is installed for embedded applications: run make install, or set "
                                 "WSGIEnginePath to the directory of pywsgi_cpython*.so");
        return ENGINE_UNUSABLE;
    }
    embedded->engine = open_engine(path);
    if (!embedded->engine) {
        return ENGINE_UNUSABLE;
    }
    describe_host();
    pyw_embedded_forked_prepare();
    if (embedded->engine->start(&embedded->host, &problem) != PYW_OK) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     PYWNO(0223) "Python cannot start in this child; requests for embedded applications get 500: %s",
                     problem.text);
        return ENGINE_UNUSABLE;
    }
    return ENGINE_RUNNING;
}

/* The MPM has no hook for the end of a thread, so the engine frees the state of its threads when it stops. */
static const pyw_engine *get_engine(void)
{
    struct pyw_embedded *embedded = pyw_httpd_child.embedded;

    if (embedded->state == ENGINE_NOT_TRIED) {
        apr_thread_mutex_lock(embedded->lock);
        if (embedded->state == ENGINE_NOT_TRIED) {
            embedded->state = start_engine();
        }
        apr_thread_mutex_unlock(embedded->lock);
    }
    return embedded->state == ENGINE_RUNNING ? embedded->engine : NULL;
}

/*
 * Executes the scripts of WSGIImportScript, on the child's main thread, before other threads start. The engine logs
 * errors. The child serves requests even after an error.
 */
static void run_imports(const pyw_engine *engine)
{
    struct pyw_embedded *embedded = pyw_httpd_child.embedded;
    const apr_array_header_t *imports = pyw_config_main()->embedded_imports;

    embedded->running++;
    for (int i = 0; i < imports->nelts; i++) {
        const pyw_application_option *option = APR_ARRAY_IDX(imports, i, const pyw_application_option *);
        pyw_application_spec spec = {PYW_TARGET_SCRIPT, option->target, option->callable, option->group, 0, 0, 0};
        pyw_application *application = engine->application(&spec);

        if (application) {
            engine->load(application);
        }
    }
    embedded->running--;
}

void pyw_embedded_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    struct pyw_embedded *embedded = pyw_httpd_child_part(sizeof(*embedded));

    pyw_httpd_child.embedded = embedded;
    embedded->pool = pchild;
    embedded->state = ENGINE_NOT_TRIED;
    apr_thread_mutex_create(&embedded->lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_pool_pre_cleanup_register(pchild, NULL, stop_engine);
    if (pyw_config_wants_embedded(main_server) && get_engine()) {
        run_imports(embedded->engine);
    }
}

const pyw_engine *pyw_embedded_enter(void)
{
    struct pyw_embedded *embedded = pyw_httpd_child.embedded;

    embedded->running++;
    if (embedded->state == ENGINE_RUNNING && pyw_httpd_child.pid == getpid()) {
        return embedded->engine;
    }
    embedded->running--;
    return NULL;
}

void pyw_embedded_leave(void)
{
    pyw_httpd_child.embedded->running--;
}

int pyw_embedded_serve(request_rec *r, pyw_target *target)
{
    struct pyw_embedded *embedded = pyw_httpd_child.embedded;
    const pyw_engine *engine = get_engine();
    pyw_application *application = engine ? engine->application(&target->spec) : NULL;
    pyw_embedded_exchange exchange;
    _Atomic uint32_t gil_wait_us = 0;

    if (!application) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0224) "embedded Python is not available: see this child's first records");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    pyw_embedded_exchange_init(&exchange, r, target);
    exchange.base.gil_wait_us = &gil_wait_us;
    target->measure.begun = target->timing.taken;
    pyw_board_set(target->measure.board, PYW_BOARD_APPLICATION);
    embedded->running++;
    engine->run(application, &exchange.base);
    if (exchange.body.result == PYW_OK) {
        pyw_response_flush(&exchange.response); /* otherwise httpd reads the rest of the request body first */
    }
    embedded->running--;
    target->measure.request_bytes = exchange.body.consumed;
    target->measure.client_left = exchange.response.client_gone;
    target->measure.gil_wait_us = gil_wait_us;
    return pyw_response_result(&exchange.response);
}
