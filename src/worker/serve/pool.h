/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_POOL_H
#define PYW_WORKER_SERVE_POOL_H

/*
 * The threads of a worker. Each waits for the next request on any connection (pyw_connections). The main thread calls
 * these functions.
 */

#include "base/result.h"
#include "worker/serve/serve.h"

typedef struct pyw_pool pyw_pool;

/*
 * Starts `threads` threads. Each writes to the eventfd `wake` when it ends. NULL with *problem: none could be started.
 */
pyw_pool *pyw_pool_start(pyw_service *service, int threads, size_t stack_size, int wake, pyw_problem *problem);

/*
 * While the service is draining: closes connections that rest, and makes waiting threads read `draining`. A connection
 * may be about to rest, or a thread to wait, so call it again until pyw_pool_running returns 0.
 */
void pyw_pool_kick(pyw_pool *pool);

/* The number of threads that have not ended. */
int pyw_pool_running(const pyw_pool *pool);

/* While the service is draining: can a thread that has not noticed it yet begin a request? */
int pyw_pool_takes(const pyw_pool *pool);

/* The number of threads that serve a connection at this moment. */
int pyw_pool_busy(const pyw_pool *pool);

#endif
