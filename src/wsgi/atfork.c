/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include "wsgi/atfork.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "python/process/forked.h"
#include "python/process/interpreter.h"
#include "python/process/thread_states.h"
#include "python/record.h"
#include "python/stacks.h"
#include "wsgi/deadline/monitor.h"
#include "wsgi/response/flusher.h"
#include "wsgi/signals.h"

static const pyw_engine_host *host;
static __thread sigset_t blocked_before;

/*
 * httpd forks, too (mod_cgi, piped logs), on threads that are not inside Python. All threads of a worker belong to
 * mod_pywsgi or to the application.
 */
static int is_applications_fork(void)
{
    return host->is_daemon || pyw_forked_application() != NULL ||
           (PyGILState_GetThisThreadState() != NULL && !pyw_thread_states_are_ours());
}

/* The new process has only this thread. The operations of other threads do not continue, so their locks are free. */
static void renew_locks(void)
{
    pyw_thread_states_renew_lock();
    pyw_interpreter_renew_locks();
    pyw_monitor_forget();
    pyw_flusher_forget();
    pyw_signals_forget();
}

static void give_up_host(void)
{
    pyw_forked_note();
    pyw_forked_delete_interpreters();
    pyw_forked_reset_signals();
    if (host->forked != NULL) {
        host->forked();
    }
    if (host->log_forked != NULL) {
        pyw_log_install(host->log_forked, host->log_baton, host->log_threshold);
    }
    pyw_record_forget();
    pyw_stacks_forget();
}

/*
 * A signal that arrives before in_child() would run the host's handler and be lost. Blocked, it stays pending until the
 * default action is restored.
 */
static void block_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &blocked_before);
}

static void restore_signals(void)
{
    pthread_sigmask(SIG_SETMASK, &blocked_before, NULL);
}

/* The forked process of an application may fork without restrictions. */
static void in_child(void)
{
    if (pyw_forked_is_child()) {
        restore_signals();
        return;
    }
    renew_locks();
    if (!pyw_forked_is_own() && is_applications_fork()) {
        give_up_host();
    }
    else {
        restore_signals();
    }
}

/*
 * exit(3), and the end of the last thread, would run the host's exit handlers: httpd would remove its pid file and wait
 * for its loggers.
 */
static void at_exit(int status, void *unused)
{
    (void)unused;
    if (pyw_forked_is_child()) {
        fflush(NULL);
        _exit(status);
    }
}

void pyw_atfork_install(const pyw_engine_host *of)
{
    host = of;
    pthread_atfork(block_signals, restore_signals, in_child);
    on_exit(at_exit, NULL);
}
