/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_FORKED_H
#define PYW_WORKER_FORKED_H

/*
 * For a process that an application of the worker has forked: closes the descriptors of connections, so that the
 * process can neither use a connection nor keep it open, and unmaps the board. Standard input and output stay open, and
 * so does the pipe for records, by which its log records reach the log.
 */

/* Notes the epoll descriptor of the worker's threads. Call this before an application can fork. */
void pyw_worker_forked_prepare_epoll(int fd);
void pyw_worker_forked_prepare_board(int fd);

/* For pyw_engine_host.forked. */
void pyw_worker_forked(void);

#endif
