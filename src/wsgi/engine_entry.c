/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "python/call.h"
#include "python/loaded_files.h"
#include "python/module.h"
#include "python/process/fork.h"
#include "python/process/forked.h"
#include "python/process/interpreter.h"
#include "python/process/runtime.h"
#include "python/program.h"
#include "python/sample.h"
#include "python/stacks.h"
#include "wsgi/adapter.h"
#include "wsgi/application.h"
#include "wsgi/atfork.h"
#include "wsgi/deadline/interrupt.h"
#include "wsgi/deadline/monitor.h"
#include "wsgi/engine.h"
#include "wsgi/failures.h"
#include "wsgi/response/flusher.h"
#include "wsgi/signals.h"

#define PYW_EXPORT __attribute__((visibility("default")))

/* The Python of this process. */
static struct {
    const pyw_engine_host *host;
    pyw_module_settings module;
    int running;
} engine;

static const char *httpd_facts(void)
{
    return engine.host->httpd != NULL ? engine.host->httpd : "";
}

/*
 * Adds the functions about requests to the package `pywsgi`. Returns the state. NULL with an exception set, also if
 * `state` is NULL.
 */
static pyw_adapter_state *complete_package(pyw_adapter_state *state)
{
    const pyw_engine_host *host = engine.host;
    PyObject *result = NULL;

    if (state != NULL && pyw_running_connect(&state->running) == 0) {
        result = pyw_call("pywsgi", "_complete", "(Oiis)", state->file_wrapper_type, host->processes, host->threads,
                          httpd_facts());
    }
    if (result == NULL) {
        pyw_adapter_state_destroy(state);
        return NULL;
    }
    Py_DECREF(result);
    return state;
}

static void *create_extension(const char *application_group)
{
    pyw_adapter_settings settings = {
        engine.host->process_group,
        application_group,
        engine.host->is_daemon,
        engine.host->threads > 1,
        engine.host->multiprocess,
        pyw_call_attribute("pywsgi._streams", "errors"),
        pyw_call_attribute("pywsgi", "version"),
        pyw_call("pywsgi._modules", "apache_version", "(s)", httpd_facts()),
        pyw_call_attribute("pywsgi", "RequestTimeout"),
        pyw_call_attribute("pywsgi", "ClientGone"),
        pyw_call_attribute("pywsgi", "event_callbacks"),
    };
    pyw_adapter_state *state = NULL;

    if (settings.errors != NULL && settings.version != NULL && settings.apache_version != NULL &&
        settings.request_timeout != NULL && settings.client_gone != NULL && settings.subscribers != NULL) {
        state = complete_package(pyw_adapter_state_create(&settings));
    }
    Py_XDECREF(settings.errors);
    Py_XDECREF(settings.version);
    Py_XDECREF(settings.apache_version);
    Py_XDECREF(settings.request_timeout);
    Py_XDECREF(settings.client_gone);
    Py_XDECREF(settings.subscribers);
    return state;
}

static void destroy_extension(void *extension)
{
    pyw_adapter_state_destroy(extension);
}

static const pyw_interpreter_hooks hooks = {create_extension, destroy_extension};

static pyw_result engine_start(const pyw_engine_host *host, pyw_problem *problem)
{
    pyw_runtime_settings runtime = {host->python_home, host->is_daemon, host->python_settings};
    const char *before = pyw_forked_enter(PYW_FORKED_START);
    pyw_result result;

    engine.host = host;
    engine.module.process_group = host->process_group;
    engine.module.home = host->home;
    engine.module.python_path = host->python_path;
    engine.module.version = PYW_VERSION;
    engine.module.python_settings = host->python_settings;
    pyw_log_install(host->log, host->log_baton, host->log_threshold);
    pyw_monitor_configure(host, &pyw_interrupt);
    pyw_failures_configure(host);
    pyw_application_reload_in_place(!host->is_daemon);
    pyw_application_preload(host->is_template);
    pyw_atfork_install(host);
    result = pyw_runtime_start(&runtime, problem);
    if (result == PYW_OK) {
        result = pyw_interpreter_start(&engine.module, &hooks, problem);
    }
    engine.running = result == PYW_OK;
    pyw_forked_enter(before);
    return result;
}

static pyw_result engine_load(pyw_application *application)
{
    pyw_problem problem;
    int status = pyw_application_ready(application, &problem);

    if (status == 404) {
        /* Log the problem here, because no application has run that could have logged it. */
        pyw_log(PYW_LOG_ERR, "%s", problem.text);
    }
    return status == 0 ? PYW_OK : PYW_FAILED;
}

static void report_gil_wait(const pyw_exchange *exchange, uint32_t waited_us)
{
    if (exchange->gil_wait_us != NULL) {
        atomic_store_explicit(exchange->gil_wait_us, waited_us, memory_order_relaxed);
    }
}

/* Acquires the GIL. Returns how long that took, in microseconds; -1: the interpreter cannot be entered, which has been
 * logged. */
static int64_t enter_interpreter(pyw_interpreter *interpreter, const pyw_exchange *exchange)
{
    int64_t begun = pyw_clock_us(), waited;
    pyw_result result;

    report_gil_wait(exchange, UINT32_MAX);
    result = pyw_interpreter_enter(interpreter);
    waited = pyw_clock_us() - begun;
    report_gil_wait(exchange, waited < UINT32_MAX ? (uint32_t)waited : UINT32_MAX);
    return result == PYW_OK ? waited : -1;
}

/* Acquires the GIL once. 500: the interpreter cannot be entered. */
static int run_in_python(pyw_application *application, pyw_exchange *exchange, pyw_ending *ending)
{
    pyw_interpreter *interpreter = pyw_application_interpreter(application);
    PyObject *callable;
    int64_t waited = enter_interpreter(interpreter, exchange);
    const char *before;

    if (waited < 0) {
        return 500;
    }
    before = pyw_forked_enter(pyw_application_target(application));
    callable = pyw_application_callable(application);
    exchange->application = pyw_application_spec_of(application);
    pyw_adapter_run(pyw_interpreter_extension(interpreter), interpreter, callable, exchange, waited, ending);
    Py_DECREF(callable);
    pyw_forked_check_application();
    pyw_forked_enter(before);
    pyw_interpreter_leave();
    return 0;
}

static void engine_run(pyw_application *application, pyw_exchange *exchange)
{
    pyw_problem problem;
    pyw_ending ending;
    int status = pyw_application_ready(application, &problem);

    if (status != 0) {
        exchange->ops->log(exchange, PYW_LOG_ERR, problem.text, strlen(problem.text), 0);
    }
    else {
        status = run_in_python(application, exchange, &ending);
    }
    if (status != 0) {
        pyw_adapter_fail(&ending, status);
    }
    pyw_adapter_finish(exchange, &ending);
}

static void engine_thread_end(void)
{
    if (engine.running) {
        pyw_interpreter_thread_end();
    }
}

/*
 * Whether Python is finalised at the end. WSGIDestroyInterpreter Off: no exit function runs, and Python's threads are
 * not stopped.
 */
static int is_destroyed(void)
{
    return strcmp(pyw_python_setting_get(engine.host->python_settings, "destroy-interpreter"), "Off") != 0;
}

static void engine_stop(int busy, int threads_ms, const char *reason)
{
    pyw_flusher_stop();
    if (!engine.running || busy) {
        return;
    }
    engine.running = 0;
    pyw_signals_stop();
    pyw_monitor_stop();
    if (is_destroyed()) {
        pyw_interpreter_stop(threads_ms, reason);
    }
    else {
        pyw_interpreter_leave_alone(reason);
    }
}

static pid_t engine_fork(pid_t (*fork_process)(void))
{
    pid_t pid = pyw_fork(fork_process);

    if (pid == 0) {
        pyw_application_preload(0);
    }
    return pid;
}

typedef struct program {
    pyw_application *const *scripts;
    int count;
} program;

/* GIL held. -1 with an exception set. */
static int execute_program(void *baton)
{
    const program *scripts = baton;
    int rv = scripts->count == 0 ? pyw_call_plain("pywsgi._program", "wait") : 0;

    for (int i = 0; i < scripts->count && rv == 0; i++) {
        rv = pyw_application_execute(scripts->scripts[i]);
    }
    return rv;
}

static pyw_result engine_run_program(pyw_application *const *scripts, int count)
{
    program baton = {scripts, count};

    return pyw_program_run(execute_program, &baton);
}

static pyw_engine table = {PYW_ENGINE_ABI,
                           NULL,
                           PYW_PYTHON_SERIES,
                           engine_start,
                           pyw_application_find,
                           engine_load,
                           engine_run,
                           pyw_application_changed,
                           engine_thread_end,
                           pyw_stacks_dump,
                           pyw_interpreter_touch,
                           pyw_monitor_overdue,
                           engine_stop,
                           pyw_fork_settle,
                           engine_fork,
                           engine_run_program,
                           pyw_log_set_threshold,
                           pyw_program_stop,
                           pyw_application_problem,
                           pyw_loaded_files_each,
                           pyw_sample_stacks,
                           pyw_signals_publish};

PYW_EXPORT pyw_engine_entry_fn pyw_engine_entry;

PYW_EXPORT const pyw_engine *pyw_engine_entry(void)
{
    table.python_version = pyw_runtime_version();
    return &table;
}
