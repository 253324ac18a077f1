/* SPDX-License-Identifier: Apache-2.0 */
#include "base/os/shared_mutex.h"

#include <errno.h>
#include <stdint.h>

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

#ifdef __SANITIZE_THREAD__

/* The TSan of GCC 12 knows pthread_mutex_timedlock, but not pthread_mutex_clocklock. */
int pyw_shared_mutex_lock_until(pthread_mutex_t *mutex, const struct timespec *limit)
{
    struct timespec now, wall;
    int64_t left;

    clock_gettime(CLOCK_MONOTONIC, &now);
    clock_gettime(CLOCK_REALTIME, &wall);
    left = (limit->tv_sec - now.tv_sec) * INT64_C(1000000000) + limit->tv_nsec - now.tv_nsec + wall.tv_nsec;
    left = left > 0 ? left : 0;
    wall.tv_sec += left / 1000000000;
    wall.tv_nsec = left % 1000000000;
    return pthread_mutex_timedlock(mutex, &wall);
}

#else

int pyw_shared_mutex_lock_until(pthread_mutex_t *mutex, const struct timespec *limit)
{
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, limit);
}

#endif

int pyw_shared_mutex_try(pthread_mutex_t *mutex)
{
    int error = pthread_mutex_trylock(mutex);

    if (error == EOWNERDEAD) {
        error = pthread_mutex_consistent(mutex);
    }
    return error == 0;
}
