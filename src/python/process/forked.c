/* SPDX-License-Identifier: Apache-2.0 */
#include "python/process/forked.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/log.h"
#include "python/exception.h"
#include "python/record.h"

static atomic_int is_child;
static __thread int is_own;
static __thread const char *application_of_thread;

const char *pyw_forked_enter(const char *application)
{
    const char *before = application_of_thread;

    application_of_thread = application;
    return before;
}

const char *pyw_forked_application(void)
{
    return application_of_thread;
}

int pyw_forked_is_child(void)
{
    return is_child;
}

void pyw_forked_note(void)
{
    is_child = 1;
}

void pyw_forked_begin_own(void)
{
    is_own = 1;
}

void pyw_forked_end_own(void)
{
    is_own = 0;
}

int pyw_forked_is_own(void)
{
    return is_own;
}

int pyw_forked_may_fork(void)
{
    return PyInterpreterState_Get() == PyInterpreterState_Main() &&
           !(PYW_FORK_KEEPS_INTERPRETERS && PyInterpreterState_Next(PyInterpreterState_Head()) != NULL);
}

void pyw_forked_delete_interpreters(void)
{
    PyThreadState *current = _PyThreadState_UncheckedGet();
    PyInterpreterState *next;

    /* A C library may fork without the GIL, or in a sub-interpreter. */
    if (PYW_FORK_KEEPS_INTERPRETERS || current == NULL ||
        PyThreadState_GetInterpreter(current) != PyInterpreterState_Main()) {
        return;
    }
    for (PyInterpreterState *state = PyInterpreterState_Head(); state != NULL; state = next) {
        next = PyInterpreterState_Next(state);
        if (state != PyInterpreterState_Main()) {
            PyInterpreterState_Delete(state);
        }
    }
    /* Before 3.12 PyInterpreterState_Delete has removed the current thread state. */
    if (_PyThreadState_UncheckedGet() != current) {
        PyThreadState_Swap(current);
    }
}

/* Converts the code of SystemExit as the python command does: other objects than numbers are printed, and mean 1. */
static int exit_code(PyObject *code)
{
    int status = 1;

    if (code == NULL || code == Py_None) {
        return 0;
    }
    if (PyLong_Check(code)) {
        status = (int)PyLong_AsLong(code);
    }
    else {
        PyObject *text = PyObject_Str(code);

        if (text != NULL) {
            pyw_record_str(PYW_LOG_ERR, text);
        }
        Py_XDECREF(text);
    }
    PyErr_Clear();
    return status & 0xff;
}

/* SystemExit is set. Clears it. */
static int take_exit_code(void)
{
    PyObject *type, *value, *traceback, *code;
    int status;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    code = value != NULL ? PyObject_GetAttrString(value, "code") : NULL;
    PyErr_Clear();
    status = exit_code(code);
    Py_XDECREF(code);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return status;
}

static void flush_stream(const char *name)
{
    PyObject *stream = PySys_GetObject(name); /* borrowed */
    PyObject *result;

    if (stream != NULL && stream != Py_None) {
        Py_INCREF(stream);
        result = PyObject_CallMethod(stream, "flush", NULL);
        Py_XDECREF(result);
        Py_DECREF(stream);
        PyErr_Clear();
    }
}

static void flush_streams(void)
{
    PyObject *error[3];

    PyErr_Fetch(&error[0], &error[1], &error[2]);
    flush_stream("stdout");
    flush_stream("stderr");
    pyw_record_flush_all();
    PyErr_Restore(error[0], error[1], error[2]);
}

static void log_exit(pyw_log_level level, const char *who, const char *how, int status)
{
    char text[1024];

    PyOS_snprintf(text, sizeof(text),
                  PYWNO(0530) "%.600s: process %ld, which it forked, %s instead of ending with os._exit() or executing "
                              "a program; it ends now, with exit status %d",
                  who, (long)getpid(), how, status);
    if (level == PYW_LOG_ERR) {
        pyw_exception_log(level, text);
    }
    else {
        pyw_record_text(level, text, strlen(text));
    }
}

static void leave_process(const char *who)
{
    int status = 0;

    flush_streams();
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_SystemExit)) {
        status = 1;
        log_exit(PYW_LOG_ERR, who, "let an exception through", status);
    }
    else if (PyErr_Occurred()) {
        status = take_exit_code();
        log_exit(PYW_LOG_WARNING, who, "called sys.exit()", status);
    }
    else {
        log_exit(PYW_LOG_WARNING, who, "returned", status);
    }
    flush_streams();
    _exit(status);
}

void pyw_forked_check(const char *who)
{
    if (is_child) {
        leave_process(who);
    }
}

void pyw_forked_check_application(void)
{
    if (is_child) {
        leave_process(application_of_thread != NULL ? application_of_thread : "an application");
    }
}

void pyw_forked_check_without_python(void)
{
    if (is_child) {
        _exit(0);
    }
}

/*
 * Keep the handlers of faults: faulthandler works in the child, and our handlers and httpd's check in which process
 * they run.
 */
static int is_fault(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGABRT || number == SIGFPE || number == SIGILL;
}

void pyw_forked_reset_signals(void)
{
    const struct sigaction by_default = {.sa_handler = SIG_DFL};
    struct sigaction action;
    sigset_t none;

    for (int number = 1; number <= SIGRTMAX; number++) {
        if (!is_fault(number) && sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
            action.sa_handler != SIG_IGN) {
            sigaction(number, &by_default, NULL);
        }
    }
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}
