/* SPDX-License-Identifier: Apache-2.0 */
#include "base/os/thread.h"

#include <signal.h>

int pyw_thread_start(pthread_t *thread, void *(*run)(void *data), void *data)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, NULL, run, data);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}
