/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_FORKED_H
#define PYW_WORKER_FORKED_H

/*
 * In a process that the application of a worker has forked: the descriptors by which a worker serves are closed, so
 * that the process can neither use a connection nor keep one open. The pipe of its records, standard input and output
 * stay.
 */

/* Before there are forks: `epoll` is what the worker's threads wait with. */
void pyw_worker_forked_prepare(int epoll);

/* For pyw_engine_host.forked. */
void pyw_worker_forked(void);

#endif
