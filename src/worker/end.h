/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_END_H
#define PYW_WORKER_END_H

/* How a worker finishes: ordered by the manager, by a signal, or because its manager is gone. On the main thread. */

#include "worker/worker.h"

/* Begins nothing more. How long the rest may take is the manager's business. */
void pyw_worker_drain(pyw_worker *self);

/* As pyw_worker_drain, and by shutdown-timeout it has to be over, sooner without a manager: nobody else would end it.
 */
void pyw_worker_drain_in_time(pyw_worker *self);

int pyw_worker_is_draining(const pyw_worker *self);

/* The manager is gone, or is no longer understood; and what follows from that later. */
void pyw_worker_lose_manager(pyw_worker *self);
void pyw_worker_look_at_manager(pyw_worker *self);

/* Tells the manager, once, that no thread begins a request any more. */
void pyw_worker_look_at_threads(pyw_worker *self);

/*
 * 1: all requests are done, but for those that have had their answer long ago and do not end. Unless there are such,
 * nothing of Python runs any more.
 */
int pyw_worker_is_drained(pyw_worker *self);

/* The exit status of a worker that is. */
int pyw_worker_drained_status(const pyw_worker *self);

/* Ends Python; returns the exit status that it got, or exits with it. */
int pyw_worker_stop_engine(pyw_worker *self, int status);

#endif
