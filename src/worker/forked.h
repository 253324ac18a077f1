/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_FORKED_H
#define PYW_WORKER_FORKED_H

/*
 * In a process that the application of a worker has forked: the descriptors by which a worker serves are closed, so
 * that the process can neither use a connection nor keep one open, and its board. Standard input and output stay, and
 * the pipe of its records, by which its own records reach the log.
 */

/* Before there are forks: what the worker's threads wait with, and the memory of its board; -1: there is none. */
void pyw_worker_forked_prepare_epoll(int fd);
void pyw_worker_forked_prepare_board(int fd);

/* For pyw_engine_host.forked. */
void pyw_worker_forked(void);

#endif
