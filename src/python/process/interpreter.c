/* SPDX-License-Identifier: Apache-2.0 */
#include "python/process/interpreter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "python/call.h"
#include "python/exception.h"
#include "python/process/forked.h"
#include "python/process/thread_states.h"
#include "python/record.h"
#include "python/stacks.h"

struct pyw_interpreter {
    pyw_interpreter *next;
    char *name;
    int index;                           /* index of its thread states; 0 is the main interpreter */
    _Atomic(PyInterpreterState *) state; /* NULL: not created yet */
    PyThreadState *first;                /* its first thread state, where that is preserved: see make_state */
    void *extension;
};

static struct {
    const pyw_module_settings *settings;
    const pyw_interpreter_hooks *hooks;
    pthread_mutex_t lock; /* guards the list and the owner; held briefly, and never while waiting for the GIL */
    pthread_mutex_t
        making; /* held while a sub-interpreter is created; a thread that waits for it does not hold the GIL */
    pyw_interpreter main;
    pyw_interpreter *last;
    const char *reason;  /* why the process ends: pyw_interpreter_stop, pyw_interpreter_leave_alone */
    int64_t threads_end; /* pyw_clock_ms() when stop() ends its wait for threads of the applications; 0: no limit */
    char *
        owner; /* the group that uses the main interpreter, "" if the main interpreter was configured; NULL: none yet */
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .making = PTHREAD_MUTEX_INITIALIZER, .last = &all.main};

static __thread int is_nameless;

/* Once set, the owner does not change. */
static const char *owner(void)
{
    const char *name;

    pthread_mutex_lock(&all.lock);
    name = all.owner;
    pthread_mutex_unlock(&all.lock);
    return name;
}

/* Sets up an interpreter, in it, with the GIL. -1 with an exception set. */
static int set_up(pyw_interpreter *interpreter)
{
    int rv = pyw_module_set_up(all.settings, interpreter->name, owner());

    pyw_forked_check_application(); /* for code in a .pth file */
    if (rv < 0 || pyw_stacks_prepare() < 0) {
        return -1;
    }
    interpreter->extension = all.hooks->create(interpreter->name);
    return interpreter->extension != NULL ? 0 : -1;
}

pyw_result pyw_interpreter_start(const pyw_module_settings *settings, const pyw_interpreter_hooks *hooks,
                                 pyw_problem *problem)
{
    all.settings = settings;
    all.hooks = hooks;
    all.main.name = strdup("");
    if (all.main.name == NULL || pyw_thread_states_adopt(0, PyThreadState_Get()) < 0) {
        return pyw_problem_set(problem, "out of memory");
    }
    if (set_up(&all.main) < 0) {
        return pyw_exception_problem(problem, "the main interpreter cannot be set up");
    }
    atomic_store(&all.main.state, PyThreadState_GetInterpreter(PyThreadState_Get()));
    PyEval_SaveThread();
    return PYW_OK;
}

static pyw_interpreter *find_interpreter(const char *name)
{
    pyw_interpreter *interpreter = &all.main;

    if (all.owner != NULL && strcmp(all.owner, name) == 0) {
        return interpreter;
    }
    while (interpreter != NULL && strcmp(interpreter->name, name) != 0) {
        interpreter = interpreter->next;
    }
    return interpreter;
}

static pyw_interpreter *append_interpreter(const char *name)
{
    pyw_interpreter *interpreter = calloc(1, sizeof(*interpreter));

    if (interpreter == NULL || (interpreter->name = strdup(name)) == NULL) {
        free(interpreter);
        return NULL;
    }
    interpreter->index = all.last->index + 1;
    all.last->next = interpreter;
    all.last = interpreter;
    return interpreter;
}

pyw_interpreter *pyw_interpreter_find(const char *application_group, int is_default)
{
    pyw_interpreter *found;

    pthread_mutex_lock(&all.lock);
    found = find_interpreter(application_group);
    if (all.owner == NULL && (found == &all.main || (found == NULL && is_default &&
                                                     !pyw_module_has_settings(all.settings, application_group)))) {
        all.owner = strdup(application_group);
        found = all.owner != NULL ? &all.main : NULL;
    }
    else if (found == NULL) {
        found = append_interpreter(application_group);
    }
    pthread_mutex_unlock(&all.lock);
    return found;
}

static void log_failed_creation(const pyw_interpreter *interpreter)
{
    char message[512];

    PyOS_snprintf(message, sizeof(message),
                  PYWNO(0511) "cannot create an interpreter for the application group %.300s: its "
                              "requests get 500",
                  interpreter->name);
    pyw_exception_log(PYW_LOG_ERR, message);
}

/*
 * Up to 3.12 the threading module keeps a lock of the thread state that imported it, and its shutdown fails without
 * that state. Therefore the first state belongs to no thread, and stop uses it. 3.13 reuses the memory of an
 * interpreter's last thread state before it has cleared it, if one thread ends while another one starts. Therefore one
 * state must always remain. From 3.14 on another thread must not use the state, because it records the limits of its
 * thread's stack.
 */
static void release_first_state(pyw_interpreter *interpreter, PyThreadState *first)
{
#if PY_VERSION_HEX < 0x030e0000
    interpreter->first = first;
    PyEval_SaveThread();
#else
    (void)interpreter;
    PyThreadState_Clear(first);
    PyThreadState_DeleteCurrent();
#endif
}

/* Called with the GIL in the main interpreter. Releases it. */
static void make_state(pyw_interpreter *interpreter)
{
    PyThreadState *before = PyThreadState_Get();
    PyThreadState *first = Py_NewInterpreter();
    PyInterpreterState *state;

    if (first == NULL) {
        PyThreadState_Swap(before);
    }
    pyw_forked_check_application(); /* for code in sitecustomize or a .pth file */
    if (first == NULL) {
        log_failed_creation(interpreter);
        PyEval_SaveThread();
        return;
    }
    if (set_up(interpreter) < 0) {
        log_failed_creation(interpreter);
        Py_EndInterpreter(first);
        PyThreadState_Swap(before);
        PyEval_SaveThread();
        return;
    }
    state = PyThreadState_GetInterpreter(first);
    release_first_state(interpreter, first);
    atomic_store(&interpreter->state, state);
}

/*
 * Creates a named threading.Thread for this thread, in the interpreter, with the GIL. Otherwise Python would create a
 * dummy.
 */
static void name_thread(void)
{
    static atomic_int count;
    static __thread int number;
    PyObject *result;

    number = number != 0 ? number : atomic_fetch_add(&count, 1) + 1;
    result = pyw_call("pywsgi._threads", "adopt", "(N)", PyUnicode_FromFormat("pywsgi-%d", number));
    Py_XDECREF(result);
    PyErr_Clear();
}

static PyThreadState *add_thread_state(const pyw_interpreter *interpreter)
{
    PyThreadState *state = pyw_thread_states_add(interpreter->index, atomic_load(&interpreter->state));

    if (state == NULL) {
        pyw_log(PYW_LOG_ERR, PYWNO(0512) "no memory for the state of a thread in Python: its request gets 500");
    }
    if (state != NULL && !is_nameless) {
        PyEval_RestoreThread(state);
        name_thread();
        PyEval_SaveThread();
    }
    return state;
}

/* Returns this thread's state in an existing interpreter. NULL: out of memory. */
static PyThreadState *thread_state(const pyw_interpreter *interpreter)
{
    PyThreadState *state = pyw_thread_states_get(interpreter->index);

    /*
     * Before 3.12, PyGILState_Ensure in an extension module finds the first state of a thread. It must be the main
     * interpreter's.
     */
    if (state == NULL && interpreter != &all.main && thread_state(&all.main) == NULL) {
        return NULL;
    }
    return state != NULL ? state : add_thread_state(interpreter);
}

static void make_interpreter(pyw_interpreter *interpreter)
{
    PyThreadState *thread = thread_state(&all.main);
    const char *before = pyw_forked_enter(PYW_FORKED_START);

    pthread_mutex_lock(&all.making);
    if (thread != NULL && atomic_load(&interpreter->state) == NULL) {
        PyEval_RestoreThread(thread);
        make_state(interpreter);
    }
    pthread_mutex_unlock(&all.making);
    pyw_forked_enter(before);
}

pyw_result pyw_interpreter_enter(pyw_interpreter *interpreter)
{
    PyThreadState *thread = pyw_thread_states_get(interpreter->index);

    if (thread == NULL) {
        if (atomic_load(&interpreter->state) == NULL) {
            make_interpreter(interpreter);
        }
        thread = atomic_load(&interpreter->state) != NULL ? thread_state(interpreter) : NULL;
        if (thread == NULL) {
            return PYW_FAILED;
        }
    }
    PyEval_RestoreThread(thread);
    return PYW_OK;
}

pyw_interpreter *pyw_interpreter_main(void)
{
    return &all.main;
}

int pyw_interpreter_is_main(const pyw_interpreter *interpreter)
{
    return interpreter == &all.main;
}

pyw_result pyw_interpreter_enter_main(void)
{
    return pyw_interpreter_enter(&all.main);
}

void pyw_interpreter_leave(void)
{
    PyEval_SaveThread();
}

void pyw_interpreter_stay_nameless(void)
{
    is_nameless = 1;
}

void pyw_interpreter_touch(void)
{
    pyw_interpreter_stay_nameless();
    if (pyw_interpreter_enter_main() == PYW_OK) {
        pyw_interpreter_leave();
    }
}

static pyw_interpreter *next_interpreter(const pyw_interpreter *interpreter)
{
    pyw_interpreter *next;

    pthread_mutex_lock(&all.lock);
    next = interpreter->next;
    pthread_mutex_unlock(&all.lock);
    return next;
}

void pyw_interpreter_each(void (*call)(void *baton), void *baton)
{
    for (pyw_interpreter *interpreter = &all.main; interpreter != NULL; interpreter = next_interpreter(interpreter)) {
        if (atomic_load(&interpreter->state) != NULL && pyw_interpreter_enter(interpreter) == PYW_OK) {
            call(baton);
            pyw_interpreter_leave();
        }
    }
}

void pyw_interpreter_each_state(void (*call)(void *baton, PyInterpreterState *state), void *baton)
{
    for (pyw_interpreter *interpreter = &all.main; interpreter != NULL; interpreter = next_interpreter(interpreter)) {
        PyInterpreterState *state = atomic_load(&interpreter->state);

        if (state != NULL) {
            call(baton, state);
        }
    }
}

void *pyw_interpreter_extension(const pyw_interpreter *interpreter)
{
    return interpreter->extension;
}

/* `result` is the result of an exit function of an interpreter. A failure is logged, and the next function runs. */
static void end_exit_call(PyObject *result)
{
    pyw_forked_check_application();
    if (result == NULL) {
        pyw_exception_log(PYW_LOG_WARNING, PYWNO(0513) "a function that runs at the exit of an interpreter failed");
    }
    Py_XDECREF(result);
}

/* The time that the threads of an interpreter have left; 0: no limit. */
static double seconds_left(void)
{
    int64_t left = all.threads_end - pyw_clock_ms();

    if (all.threads_end == 0) {
        return 0;
    }
    return left > 100 ? (double)left / 1000 : 0.1;
}

static int count_threads(void)
{
    PyThreadState *thread = PyInterpreterState_ThreadHead(PyThreadState_GetInterpreter(PyThreadState_Get()));
    int count = 0;

    for (; thread != NULL; thread = PyThreadState_Next(thread)) {
        count++;
    }
    return count;
}

/* In an interpreter, with the GIL. */
static void publish_stopping(void *unused)
{
    (void)unused;
    end_exit_call(pyw_call("pywsgi._events", "process_stopping", "(s)", all.reason));
    pyw_record_flush_all();
}

/*
 * Called in the interpreter, with the GIL. Frees our data in it. 1: the calling thread is the only one in the
 * interpreter. Subscribers of process_stopping come first, because they stop threads. Then the order is Python's:
 * non-daemon threads end, then exit functions run, also if a thread exceeds the time limit.
 */
static int clean_up_interpreter(pyw_interpreter *interpreter)
{
    const char *before = pyw_forked_enter("a function that runs at the exit of an interpreter");

    publish_stopping(NULL);
    end_exit_call(pyw_call("pywsgi._shutdown", "shut_down", "(d)", seconds_left()));
    end_exit_call(pyw_call("atexit", "_run_exitfuncs", "()"));
    pyw_forked_enter(before);
    pyw_record_flush_all();
    all.hooks->destroy(interpreter->extension);
    interpreter->extension = NULL;
    pyw_thread_states_delete_others(interpreter->index);
    pyw_forked_check_application();
    return count_threads() == 1;
}

/* 0: threads of the application still run in it. */
static int end_sub_interpreter(pyw_interpreter *interpreter)
{
    PyThreadState *thread = interpreter->first, *own = pyw_thread_states_get(interpreter->index);

    if (thread == NULL) {
        thread = thread_state(interpreter);
    }
    if (thread == NULL) {
        return 0;
    }
    PyEval_RestoreThread(thread);
    if (!is_nameless) {
        name_thread(); /* if another thread created the interpreter, this thread enters it for the first time */
    }
    if (own != NULL && own != thread) {
        PyThreadState_Clear(own);
        PyThreadState_Delete(own);
    }
    pyw_thread_states_forget(interpreter->index);
    if (!clean_up_interpreter(interpreter)) {
        PyEval_SaveThread();
        return 0;
    }
    Py_EndInterpreter(thread);
    /*
     * Before 3.12, Py_EndInterpreter leaves the GIL held without a thread state. Later versions also need a state here.
     */
    PyThreadState_Swap(pyw_thread_states_get(0));
    pyw_forked_check_application();
    PyEval_SaveThread();
    return 1;
}

static void limit_threads(int threads_ms)
{
    all.threads_end = threads_ms > 0 ? pyw_clock_ms() + threads_ms : 0;
}

/*
 * The calling thread may not be the thread that started Python: httpd's child starts Python for its first embedded
 * request. Only that thread may finalise, as it is Python's main thread.
 */
void pyw_interpreter_stop(int threads_ms, const char *reason)
{
    int alone = pyw_thread_states_get(0) != NULL;
    PyThreadState *own = thread_state(&all.main);

    if (own == NULL) {
        return;
    }
    pyw_forked_enter(PYW_FORKED_END);
    all.reason = reason;
    limit_threads(threads_ms);
    for (pyw_interpreter *interpreter = all.main.next; interpreter != NULL; interpreter = interpreter->next) {
        if (atomic_load(&interpreter->state) != NULL) {
            alone &= end_sub_interpreter(interpreter);
        }
    }
    PyEval_RestoreThread(own);
    alone &= clean_up_interpreter(&all.main);
    if (alone) {
        Py_FinalizeEx();
        pyw_forked_check_without_python();
    }
    else {
        /*
         * Python does not wait for these threads, and they would crash in a finalised interpreter. The process ends
         * without finalising.
         */
        PyEval_SaveThread();
    }
}

static void forget_thread(void)
{
    if (pyw_call_plain("pywsgi._threads", "release") < 0) {
        PyErr_Clear();
    }
}

void pyw_interpreter_renew_locks(void)
{
    static const pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    all.lock = all.making = lock;
}

void pyw_interpreter_thread_end(void)
{
    const char *before = pyw_forked_enter("code that runs at the end of a thread");

    pyw_thread_states_end(forget_thread);
    pyw_forked_check_without_python();
    pyw_forked_enter(before);
}

void pyw_interpreter_leave_alone(const char *reason)
{
    pyw_forked_enter(PYW_FORKED_END);
    all.reason = reason;
    pyw_interpreter_each(publish_stopping, NULL);
}
