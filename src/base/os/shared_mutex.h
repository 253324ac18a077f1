/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_SHARED_MUTEX_H
#define PYW_BASE_OS_SHARED_MUTEX_H

/* A mutex in memory that several processes share. It is robust: a process may die while it holds the mutex. */

#include <pthread.h>
#include <time.h>

/* Returns an errno value, or 0. */
int pyw_shared_mutex_init(pthread_mutex_t *mutex);

/* As pthread_mutex_clocklock(3) with CLOCK_MONOTONIC. Returns an errno value, or 0. */
int pyw_shared_mutex_lock_until(pthread_mutex_t *mutex, const struct timespec *limit);

/*
 * Does not wait. 1: the caller has the mutex. A process may have died in the middle of a change, so each intermediate
 * state of the data must be valid.
 */
int pyw_shared_mutex_try(pthread_mutex_t *mutex);

#endif
