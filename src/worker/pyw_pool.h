/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_POOL_H
#define PYW_POOL_H

/*
 * The threads of a worker. Each waits in accept(2) on the group's listening socket, which all workers of the group
 * share: the kernel's queue is the only one, and a worker that stops simply accepts no more. Called from the main
 * thread.
 */

#include "base/pyw_result.h"
#include "worker/pyw_serve.h"

typedef struct pyw_pool pyw_pool;

/*
 * Starts `threads` threads on `listener`. `wake` is an eventfd that is written whenever one ends. NULL with *problem:
 * not one could be started.
 */
pyw_pool *pyw_pool_start(pyw_service *service, int threads, size_t stack_size, int listener, int wake,
                         pyw_problem *problem);

/*
 * Gets threads out of accept(2): those that wait look at `draining` and at the listener again. A thread may be just
 * about to wait, so call it again until pyw_pool_running says 0.
 */
void pyw_pool_kick(pyw_pool *pool);

/* How many threads have not ended. */
int pyw_pool_running(const pyw_pool *pool);

/* How many threads are serving a request right now. */
int pyw_pool_busy(const pyw_pool *pool);

#endif
