/* SPDX-License-Identifier: Apache-2.0 */
#include "base/os/shared_mutex.h"

#include <errno.h>

int pyw_shared_mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);

    if (error == 0) {
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        error = pthread_mutex_init(mutex, &attributes);
        pthread_mutexattr_destroy(&attributes);
    }
    return error;
}

int pyw_shared_mutex_try(pthread_mutex_t *mutex)
{
    int error = pthread_mutex_trylock(mutex);

    if (error == EOWNERDEAD) {
        error = pthread_mutex_consistent(mutex);
    }
    return error == 0;
}
