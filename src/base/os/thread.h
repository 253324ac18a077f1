/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_THREAD_H
#define PYW_BASE_OS_THREAD_H

#include <pthread.h>

/* Starts a thread with all signals blocked, so that threads of the host receive them. Any thread. 0, or errno. */
int pyw_thread_start(pthread_t *thread, void *(*run)(void *data), void *data);

#endif
