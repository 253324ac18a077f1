/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include "wsgi/signals.h"

#include <pthread.h>
#include <stdint.h>

#include "base/log.h"
#include "base/os/thread.h"
#include "python/call.h"
#include "python/exception.h"
#include "python/process/forked.h"
#include "python/process/interpreter.h"

static struct {
    pthread_mutex_t lock; /* held briefly; guards the members below */
    pthread_cond_t changed;
    uint64_t pending; /* a bit for each signal */
    int is_started, is_ending;
    pthread_t thread;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* In an interpreter, with the GIL. */
static void publish(void *number)
{
    PyObject *result = pyw_call("pywsgi._events", "process_signal", "(i)", *(int *)number);

    pyw_forked_check_application();
    if (result == NULL) {
        pyw_exception_log(PYW_LOG_ERR, PYWNO(0626) "a subscriber of signals raised SystemExit or a similar exception; "
                                                   "later subscribers were not called");
    }
    Py_XDECREF(result);
}

/* The caller holds the lock. Returns the lowest signal; 0: none. */
static int take_pending(void)
{
    int number = __builtin_ffsll((long long)all.pending);

    if (number > 0) {
        all.pending &= ~(UINT64_C(1) << (number - 1));
    }
    return number;
}

static void *signal_thread(void *unused)
{
    const char *before = pyw_forked_enter("a subscriber of signals");

    pthread_mutex_lock(&all.lock);
    while (!all.is_ending) {
        int number = take_pending();

        if (number == 0) {
            pthread_cond_wait(&all.changed, &all.lock);
            continue;
        }
        pthread_mutex_unlock(&all.lock);
        pyw_interpreter_each(publish, &number);
        pthread_mutex_lock(&all.lock);
    }
    pthread_mutex_unlock(&all.lock);
    pyw_forked_enter(before);
    pyw_interpreter_thread_end();
    return unused;
}

void pyw_signals_publish(int number)
{
    pthread_mutex_lock(&all.lock);
    all.pending |= UINT64_C(1) << (number - 1);
    if (!all.is_started) {
        all.is_started = pyw_thread_start(&all.thread, signal_thread, NULL) == 0;
    }
    pthread_cond_signal(&all.changed);
    pthread_mutex_unlock(&all.lock);
}

void pyw_signals_stop(void)
{
    int is_started;

    pthread_mutex_lock(&all.lock);
    is_started = all.is_started;
    all.is_ending = 1;
    pthread_cond_signal(&all.changed);
    pthread_mutex_unlock(&all.lock);
    if (is_started) {
        pthread_join(all.thread, NULL);
    }
}

void pyw_signals_forget(void)
{
    static const pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

    all.lock = lock;
    all.changed = condition;
    all.is_started = 0;
    all.pending = 0;
}
