/* SPDX-License-Identifier: Apache-2.0 */
#include "python/program.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/log.h"
#include "python/call.h"
#include "python/exception.h"
#include "python/process/forked.h"
#include "python/process/interpreter.h"
#include "python/record.h"

static struct {
    pthread_t thread;
    atomic_int is_running; /* the handler of SIGTERM is installed */
    atomic_int is_stopped; /* pyw_program_stop was called */
} program;

/* An administrator's SIGTERM counts, too. It does not use pyw_program_stop. */
static int was_stopped(void)
{
    PyObject *stopped = pyw_call("pywsgi._program", "end", "()");
    int is_true = stopped != NULL && PyObject_IsTrue(stopped) > 0;

    Py_XDECREF(stopped);
    PyErr_Clear();
    return is_true || atomic_load(&program.is_stopped);
}

static int run_until_exit(int (*execute)(void *baton), void *baton)
{
    if (pyw_call_plain("pywsgi._program", "begin") < 0) {
        return -1;
    }
    atomic_store(&program.is_running, 1);
    if (atomic_load(&program.is_stopped)) {
        return 0;
    }
    return execute(baton) < 0 ? -1 : pyw_call_plain("pywsgi._shutdown", "join_others");
}

static pyw_result log_end(const char *how)
{
    pyw_log(PYW_LOG_NOTICE, PYWNO(0452) "the program of the group ended (%s)", how);
    return PYW_EOF;
}

/* Handles the exception that ended the program, if any, and clears it. */
static pyw_result conclude(void)
{
    PyObject *error[3];
    int is_exit = PyErr_ExceptionMatches(PyExc_SystemExit);
    int is_stopped_now;
    char what[800];

    PyErr_Fetch(&error[0], &error[1], &error[2]);
    is_stopped_now = was_stopped();
    if (error[0] == NULL || (is_exit && is_stopped_now)) {
        Py_XDECREF(error[0]);
        Py_XDECREF(error[1]);
        Py_XDECREF(error[2]);
        return is_stopped_now ? PYW_OK : log_end("by its last statement");
    }
    PyErr_Restore(error[0], error[1], error[2]);
    if (is_exit) {
        pyw_exception_describe(what, sizeof(what));
        return log_end(what);
    }
    PyOS_snprintf(what, sizeof(what), PYWNO(0453) "the program of the group raised %.200s", pyw_exception_name());
    pyw_exception_log(PYW_LOG_ERR, what);
    return is_stopped_now ? PYW_OK : PYW_FAILED;
}

pyw_result pyw_program_run(int (*execute)(void *baton), void *baton)
{
    pyw_result result;

    program.thread = pthread_self();
    if (pyw_interpreter_enter_main() != PYW_OK) {
        return PYW_FAILED;
    }
    (void)run_until_exit(execute, baton);
    pyw_forked_check_application();
    result = conclude();
    pyw_record_flush_all();
    pyw_interpreter_leave();
    return result;
}

void pyw_program_stop(void)
{
    if (atomic_exchange(&program.is_stopped, 1) == 0 && atomic_load(&program.is_running)) {
        /* Python has a handler for it by now, and the system call that the program waits in ends. */
        pthread_kill(program.thread, SIGTERM); // NOLINT(bugprone-bad-signal-to-kill-thread,cert-pos44-c)
    }
}
