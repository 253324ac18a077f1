/* SPDX-License-Identifier: Apache-2.0 */
#include "python/process/fork.h"

#include <errno.h>

#include "base/log.h"
#include "python/call.h"
#include "python/exception.h"
#include "python/process/forked.h"
#include "python/process/interpreter.h"

static int warn_of_threads(void)
{
    PyObject *names = pyw_call("pywsgi._threads", "name_others", "()");
    const char *text = names != NULL ? PyUnicode_AsUTF8(names) : NULL;

    if (text != NULL && *text != '\0') {
        pyw_log(PYW_LOG_WARNING,
                PYWNO(0525) "threads were started while the applications were loaded, and will be missing in the "
                            "workers, which are forked: %s; start them in a function that is registered with "
                            "pywsgi.after_fork, or remove preload=On",
                text);
    }
    Py_XDECREF(names);
    return text != NULL ? 0 : -1;
}

void pyw_fork_settle(void)
{
    if (pyw_interpreter_enter_main() != PYW_OK) {
        return;
    }
    if (pyw_call_plain("gc", "collect") < 0 || pyw_call_plain("gc", "freeze") < 0 || warn_of_threads() < 0) {
        pyw_exception_log(
            PYW_LOG_WARNING,
            PYWNO(0526) "the template cannot be prepared for forking; workers are forked from it nevertheless");
    }
    pyw_interpreter_leave();
}

/*
 * PyOS_BeforeFork and its siblings call the functions of os.register_at_fork. random, threading and logging need them.
 */
pid_t pyw_fork(pid_t (*fork_process)(void))
{
    pid_t pid;
    int error;

    if (pyw_interpreter_enter_main() != PYW_OK) {
        errno = ENOMEM;
        return -1;
    }
    PyOS_BeforeFork();
    pyw_forked_begin_own();
    pid = fork_process();
    pyw_forked_end_own();
    error = errno;
    if (pid == 0) {
        PyOS_AfterFork_Child();
    }
    else {
        PyOS_AfterFork_Parent();
    }
    pyw_interpreter_leave();
    errno = error;
    return pid;
}
