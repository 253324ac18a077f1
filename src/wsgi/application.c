/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/application.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "python/call.h"
#include "python/exception.h"
#include "python/loader.h"
#include "python/process/forked.h"
#include "python/record.h"
#include "wsgi/failures.h"

/* The maximum delay, in seconds, before a failed load is repeated. */
#define BACK_OFF_MAX 30

/* PRELOADED: loaded, but the functions of pywsgi.after_fork have not run. */
typedef enum { NOT_LOADED = 0, LOADED, MISSING, FAILED, PRELOADED } load_state;

struct pyw_application {
    pyw_application *next;
    pyw_application *same;     /* an equivalent application, which is used instead; NULL: none */
    pyw_application_spec spec; /* owns its strings */
    pyw_interpreter *interpreter;
    PyObject *callable; /* guarded by the GIL */

    pthread_mutex_t lock; /* guards the members below; never waited for with the GIL */
    pthread_cond_t done;
    int loading;      /* a thread is loading it */
    atomic_int state; /* load_state; also read without the lock */
    pyw_stamp stamp;  /* of the script when it was last executed, successfully or not */
    int back_off;
    time_t next_try;
    char failure[PYW_EXCEPTION_LINE]; /* the reason of a failed load; the loading thread writes it without the lock */
    const char *failed_record;        /* the tag of the log record with the reason, and the process that wrote it */
    pid_t failed_in;
};

static struct {
    pthread_mutex_t lock;
    _Atomic(pyw_application *) first; /* applications are added at the head: readers need no lock */
    int reload_in_place;
    int is_preloading;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static time_t now(void)
{
    return (time_t)(pyw_clock_ms() / 1000);
}

void pyw_application_reload_in_place(int on)
{
    all.reload_in_place = on;
}

void pyw_application_preload(int on)
{
    all.is_preloading = on;
}

/* Whether the script is only executed at the start, and never called. */
static int is_import(const pyw_application_spec *spec)
{
    return *spec->callable == '\0';
}

static int is_same_spec(const pyw_application_spec *one, const pyw_application_spec *other)
{
    return one->kind == other->kind && one->group_is_default == other->group_is_default &&
           one->reloading == other->reloading && one->is_function == other->is_function &&
           strcmp(one->target, other->target) == 0 && strcmp(one->callable, other->callable) == 0 &&
           strcmp(one->group, other->group) == 0;
}

static pyw_application *find_application(const pyw_application_spec *spec)
{
    pyw_application *application = atomic_load_explicit(&all.first, memory_order_acquire);

    while (application != NULL && !is_same_spec(&application->spec, spec)) {
        application = application->next;
    }
    return application != NULL && application->same != NULL ? application->same : application;
}

/* An interpreter may have two names ("" and the default group that owns it), but must not load a script twice. */
static pyw_application *find_same(const pyw_application *other)
{
    for (pyw_application *application = atomic_load(&all.first); application != NULL; application = application->next) {
        if (application->same == NULL && application->interpreter == other->interpreter &&
            application->spec.kind == other->spec.kind && application->spec.is_function == other->spec.is_function &&
            strcmp(application->spec.target, other->spec.target) == 0 &&
            strcmp(application->spec.callable, other->spec.callable) == 0) {
            return application;
        }
    }
    return NULL;
}

static void discard(pyw_application *application)
{
    free((void *)(uintptr_t)application->spec.target);
    free((void *)(uintptr_t)application->spec.callable);
    free((void *)(uintptr_t)application->spec.group);
    free(application);
}

/* A script of WSGIImportScript must not prevent the only application from using the main interpreter. */
static pyw_interpreter *find_interpreter(const pyw_application_spec *spec)
{
    return is_import(spec) && *spec->group == '\0' ? pyw_interpreter_main()
                                                   : pyw_interpreter_find(spec->group, spec->group_is_default);
}

static pyw_application *create_application(const pyw_application_spec *spec)
{
    pyw_application *application = calloc(1, sizeof(*application));

    if (application == NULL) {
        return NULL;
    }
    application->spec = *spec;
    application->spec.target = strdup(spec->target);
    application->spec.callable = strdup(spec->callable);
    application->spec.group = strdup(spec->group);
    application->interpreter = find_interpreter(spec);
    if (application->spec.target == NULL || application->spec.callable == NULL || application->spec.group == NULL ||
        application->interpreter == NULL) {
        discard(application);
        return NULL;
    }
    pthread_mutex_init(&application->lock, NULL);
    pthread_cond_init(&application->done, NULL);
    return application;
}

pyw_application *pyw_application_find(const pyw_application_spec *spec)
{
    pyw_application *application = find_application(spec);

    if (application != NULL) {
        return application;
    }
    pthread_mutex_lock(&all.lock);
    application = find_application(spec);
    if (application == NULL && (application = create_application(spec)) != NULL) {
        pyw_application *same = find_same(application);

        application->same = same;
        application->next = atomic_load(&all.first);
        atomic_store_explicit(&all.first, application, memory_order_release);
        if (same != NULL) {
            same->spec.reloading = spec->reloading; /* a request knows the setting, the start could only guess it */
            application = same;
        }
    }
    pthread_mutex_unlock(&all.lock);
    return application;
}

/* Records the reason for later requests. On the thread that loads. */
static void note_failure(pyw_application *application, const char *tag)
{
    application->failed_record = tag;
    application->failed_in = getpid();
}

/* Logs the message and the current exception, and keeps the exception's last line for later requests. */
static void log_exception(pyw_application *application, const char *message)
{
    pyw_exception_report report = {.is_load = 1};

    pyw_failures_log(PYW_LOG_ERR, message, &report);
    if (report.last[0] != '\0') {
        memcpy(application->failure, report.last, sizeof(report.last));
    }
}

/* Logs why the load failed: the exception, or else the problem. The caller holds the GIL. */
static void log_failure(pyw_application *application, const pyw_problem *problem, int was_loaded)
{
    char message[1600];

    if (is_import(&application->spec)) {
        snprintf(message, sizeof(message), PYWNO(0529) "%.300s failed at the start of the process (WSGIImportScript)",
                 application->spec.target);
    }
    else if (was_loaded) {
        snprintf(message, sizeof(message),
                 PYWNO(0614) "%.300s has changed and does not load; the code before the "
                             "change continues to serve%s%s",
                 application->spec.target, PyErr_Occurred() ? "" : ": ", PyErr_Occurred() ? "" : problem->text);
    }
    else if (PyErr_Occurred()) {
        snprintf(message, sizeof(message),
                 PYWNO(0610) "%.300s does not load; its requests in this process get 500; "
                             "the next attempt follows after %d s, or when the script has changed",
                 application->spec.target, application->back_off);
    }
    else {
        snprintf(message, sizeof(message), PYWNO(0613) "%.300s: %s", application->spec.target, problem->text);
    }
    note_failure(application, is_import(&application->spec) ? "PYW0529" : PyErr_Occurred() ? "PYW0610" : "PYW0613");
    if (!PyErr_Occurred()) {
        snprintf(application->failure, sizeof(application->failure), "%.400s", problem->text);
    }
    log_exception(application, message);
}

/* Runs the functions registered with pywsgi.after_fork. In the interpreter, with the GIL. */
static load_state make_ready(pyw_application *application, int was_loaded)
{
    char message[1600];
    int rv;

    if (all.is_preloading) {
        return PRELOADED;
    }
    rv = pyw_call_plain("pywsgi._hooks", "run");
    pyw_forked_check_application();
    if (rv == 0) {
        return LOADED;
    }
    if (was_loaded) {
        log_failure(application, NULL, was_loaded);
        return FAILED;
    }
    snprintf(message, sizeof(message),
             PYWNO(0527) "a function that was registered with pywsgi.after_fork raised an exception; "
                         "requests for %.300s in this process get 500; the next attempt follows after %d s",
             application->spec.target, application->back_off);
    note_failure(application, "PYW0527");
    log_exception(application, message);
    return FAILED;
}

/* Other applications of the interpreter do not depend on this one. No exception is set, before or after. */
static load_state give_up_load(void)
{
    if (!all.is_preloading && pyw_call_plain("pywsgi._hooks", "release") < 0) {
        PyErr_Clear();
    }
    return FAILED;
}

/* Returns: new reference to an application that calls a function of the script. Errors as pyw_loader_callable. */
static PyObject *find_function(PyObject *module, const char *name, pyw_problem *problem)
{
    PyObject *application = pyw_call("pywsgi._scripts", "application", "(Os)", module, name);

    if (application == Py_None) {
        pyw_problem_set(problem, "it has no function %s", name);
        Py_CLEAR(application);
    }
    return application;
}

/* For configuration checks: an error record if the callable does not take environ and start_response. */
static void check_callable(PyObject *callable, const pyw_application_spec *spec)
{
    PyObject *why = pyw_call("pywsgi._explain", "callable_problem", "(O)", callable);
    PyObject *text = NULL;

    if (why != NULL && why != Py_None) {
        text = PyUnicode_FromFormat(PYWNO(0167) "%s: \"%s\" is no WSGI application: %U", spec->target, spec->callable,
                                    why);
    }
    if (text != NULL) {
        pyw_record_str(PYW_LOG_ERR, text);
    }
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(why);
}

/*
 * Returns: new reference to the callable; the module, if the application has no callable. Errors as
 * pyw_loader_callable.
 */
static PyObject *find_callable(PyObject *module, const pyw_application_spec *spec, pyw_problem *problem)
{
    PyObject *callable;

    if (is_import(spec)) {
        Py_INCREF(module);
        return module;
    }
    if (spec->is_function) {
        return find_function(module, spec->callable, problem);
    }
    callable = pyw_loader_callable(module, spec->callable, problem);
    if (callable != NULL && spec->reloading && spec->kind == PYW_TARGET_SCRIPT &&
        PyObject_HasAttrString(module, "reload_required")) {
        callable = pyw_call("pywsgi._scripts", "with_reload_check", "(NOs)", callable, module, spec->callable);
    }
    else if (callable != NULL) {
        check_callable(callable, spec);
    }
    return callable;
}

/* Imports the application and stores its callable. In its interpreter, with the GIL. */
static load_state import(pyw_application *application, pyw_stamp *stamp, int was_loaded)
{
    const pyw_application_spec *spec = &application->spec;
    pyw_problem problem;
    PyObject *callable = NULL, *before;
    PyObject *module = NULL;
    load_state state;

    if (pyw_call_plain("pywsgi._hooks", "hold") == 0) {
        module =
            spec->kind == PYW_TARGET_SCRIPT ? pyw_loader_script(spec->target, stamp) : pyw_loader_module(spec->target);
        pyw_forked_check_application();
    }
    if (module == NULL && !PyErr_Occurred()) {
        snprintf(application->failure, sizeof(application->failure), "there is no script %.400s", spec->target);
        give_up_load();
        return MISSING;
    }
    if (module != NULL) {
        callable = find_callable(module, spec, &problem);
        pyw_forked_check_application();
        Py_DECREF(module);
    }
    if (callable == NULL) {
        log_failure(application, &problem, was_loaded);
        return give_up_load();
    }
    state = make_ready(application, was_loaded);
    if (state == FAILED && was_loaded) {
        Py_DECREF(callable);
        return FAILED;
    }
    before = application->callable;
    application->callable = callable;
    Py_XDECREF(before);
    return state;
}

/* The caller does not hold the lock; `loading` keeps other threads out. */
static load_state load_once(pyw_application *application, pyw_stamp *stamp, int was_loaded)
{
    int is_preloaded = atomic_load(&application->state) == PRELOADED;
    load_state state = FAILED;
    const char *before;

    note_failure(application, "PYW0511"); /* replaced by later failures */
    if (pyw_interpreter_enter(application->interpreter) == PYW_OK) {
        before = pyw_forked_enter(application->spec.target);
        state = is_preloaded ? make_ready(application, 0) : import(application, stamp, was_loaded);
        pyw_forked_enter(before);
        pyw_interpreter_leave();
    }
    return state;
}

/* The caller holds the lock. A loaded application stays loaded even if it cannot be loaded again. */
static void load_now(pyw_application *application)
{
    int was_loaded = atomic_load(&application->state) == LOADED;
    pyw_stamp stamp = atomic_load(&application->state) == PRELOADED ? application->stamp : (pyw_stamp){0, 0, 0, 0};
    load_state state;

    application->loading = 1;
    application->back_off = application->back_off == 0 ? 1 : application->back_off * 2;
    application->back_off = application->back_off < BACK_OFF_MAX ? application->back_off : BACK_OFF_MAX;
    pthread_mutex_unlock(&application->lock);
    state = load_once(application, &stamp, was_loaded);
    pthread_mutex_lock(&application->lock);
    application->loading = 0;
    if (state == LOADED || state == PRELOADED) {
        application->back_off = 0;
        application->failure[0] = '\0';
    }
    else if (application->failure[0] == '\0') {
        snprintf(application->failure, sizeof(application->failure), "its interpreter cannot be used");
    }
    application->next_try = now() + application->back_off;
    application->stamp = stamp;
    if (!was_loaded || state == LOADED) {
        atomic_store(&application->state, state);
    }
    if (was_loaded && state == LOADED) {
        pyw_log(PYW_LOG_INFO, PYWNO(0615) "%s has changed and was loaded again", application->spec.target);
    }
    pthread_cond_broadcast(&application->done);
}

/*
 * Whether the script differs from the version that was last executed, successfully or not. A missing script does not.
 */
static int is_other_script(const pyw_application *application)
{
    pyw_stamp stamp;

    return application->spec.kind == PYW_TARGET_SCRIPT && pyw_stamp_take(application->spec.target, &stamp) == 0 &&
           !pyw_stamp_is_same(&stamp, &application->stamp);
}

/* The caller holds the lock; no thread is loading. */
static int needs_load(const pyw_application *application)
{
    switch (atomic_load(&application->state)) {
    case LOADED:
        return application->spec.reloading && all.reload_in_place && is_other_script(application);
    case PRELOADED:
        return !all.is_preloading;
    case FAILED:
        return now() >= application->next_try || is_other_script(application);
    default:
        return 1;
    }
}

static int explain(pyw_application *application, load_state state, pyw_problem *problem)
{
    if (state == LOADED || state == PRELOADED) {
        return 0;
    }
    if (state == MISSING) {
        pyw_problem_set(problem, PYWNO(0612) "there is no script %s: check the path of its %s",
                        application->spec.target,
                        is_import(&application->spec)   ? "WSGIImportScript"
                        : application->spec.is_function ? "directive"
                                                        : "alias");
        return 404;
    }
    pyw_problem_set(problem,
                    PYWNO(0611) "%s is not loaded in process %ld: the reason is in the earlier record %s of pid %ld",
                    application->spec.target, (long)getpid(), application->failed_record, (long)application->failed_in);
    return 500;
}

static int is_not_preloadable(const pyw_application *application)
{
    return all.is_preloading && !pyw_interpreter_is_main(application->interpreter);
}

int pyw_application_ready(pyw_application *application, pyw_problem *problem)
{
    int state = atomic_load(&application->state);
    int status;
    int checks_script =
        application->spec.reloading && all.reload_in_place && application->spec.kind == PYW_TARGET_SCRIPT;

    if (state == LOADED && !checks_script) {
        return 0;
    }
    if (is_not_preloadable(application)) {
        pyw_log(PYW_LOG_NOTICE,
                PYWNO(0528) "each worker loads %s after its fork, because the application group '%s' is "
                            "not the main interpreter: preload=On loads only applications of the main interpreter",
                application->spec.target, application->spec.group);
        return 0;
    }
    pthread_mutex_lock(&application->lock);
    /* While a thread loads the new version, the previous version serves requests. */
    while (application->loading && atomic_load(&application->state) != LOADED) {
        pthread_cond_wait(&application->done, &application->lock);
    }
    if (!application->loading && needs_load(application)) {
        load_now(application);
    }
    status = explain(application, (load_state)atomic_load(&application->state), problem);
    pthread_mutex_unlock(&application->lock);
    return status;
}

/* Requests retry a failed application, so only a template, or a script that no request needs, watches the file. */
static int is_watched(pyw_application *application)
{
    load_state state = (load_state)atomic_load(&application->state);

    return state == LOADED || (state != NOT_LOADED && is_import(&application->spec)) ||
           (all.is_preloading && !is_not_preloadable(application));
}

int pyw_application_changed(pyw_application *application)
{
    int changed = 0;

    pthread_mutex_lock(&application->lock);
    if (application->spec.reloading && !application->loading && is_watched(application)) {
        changed = is_other_script(application);
    }
    pthread_mutex_unlock(&application->lock);
    return changed;
}

void pyw_application_problem(pyw_application *application, char *text, size_t size)
{
    pthread_mutex_lock(&application->lock);
    snprintf(text, size, "%s", application->loading ? "it is being loaded again" : application->failure);
    pthread_mutex_unlock(&application->lock);
}

const pyw_application_spec *pyw_application_spec_of(const pyw_application *application)
{
    return &application->spec;
}

pyw_interpreter *pyw_application_interpreter(const pyw_application *application)
{
    return application->interpreter;
}

const char *pyw_application_target(const pyw_application *application)
{
    return application->spec.target;
}

PyObject *pyw_application_callable(const pyw_application *application)
{
    Py_INCREF(application->callable);
    return application->callable;
}

int pyw_application_execute(pyw_application *application)
{
    const char *path = application->spec.target;
    pyw_stamp stamp = {0, 0, 0, 0};
    const char *before;
    PyObject *module;

    /* pyw_application_changed may be called while the script runs. */
    pyw_stamp_take(path, &stamp);
    pthread_mutex_lock(&application->lock);
    application->stamp = stamp;
    atomic_store(&application->state, LOADED);
    pthread_mutex_unlock(&application->lock);
    before = pyw_forked_enter(path);
    module = pyw_loader_script(path, &stamp);
    pyw_forked_check_application();
    pyw_forked_enter(before);
    if (module == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_FileNotFoundError, "there is no script %s", path);
    }
    Py_XDECREF(module);
    return module != NULL ? 0 : -1;
}
