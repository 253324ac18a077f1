/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_POOL_H
#define PYW_WORKER_SERVE_POOL_H

/*
 * The threads of a worker. Each waits for the next request of any connection (pyw_connections). Called from the main
 * thread.
 */

#include "base/result.h"
#include "worker/serve/serve.h"

typedef struct pyw_pool pyw_pool;

/*
 * Starts `threads` threads. `wake` is an eventfd that is written whenever one ends. NULL with *problem:
 * not one could be started.
 */
pyw_pool *pyw_pool_start(pyw_service *service, int threads, size_t stack_size, int wake, pyw_problem *problem);

/*
 * While the service is draining: says goodbye on connections that rest, and makes threads that wait look at `draining`.
 * Either may be just about to begin, so call it again until pyw_pool_running says 0.
 */
void pyw_pool_kick(pyw_pool *pool);

/* How many threads have not ended. */
int pyw_pool_running(const pyw_pool *pool);

/* While the service is draining: may a thread still begin a request, because it does not know yet? */
int pyw_pool_takes(const pyw_pool *pool);

/* How many threads are serving a request right now. */
int pyw_pool_busy(const pyw_pool *pool);

#endif
