/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_END_H
#define PYW_WORKER_END_H

/* Ends a worker after the manager's DRAIN, after a signal, or after the manager has exited. On the main thread. */

#include "worker/worker.h"

/* Starts no further requests. The manager limits the time of the running ones. */
void pyw_worker_drain(pyw_worker *self);

/* As pyw_worker_drain, with the time limit shutdown-timeout, or less without a manager, which cannot enforce it. */
void pyw_worker_drain_in_time(pyw_worker *self);

int pyw_worker_is_draining(const pyw_worker *self);

/* The manager has exited, or sent a malformed frame. pyw_worker_check_manager ends the worker later. */
void pyw_worker_lose_manager(pyw_worker *self);
void pyw_worker_check_manager(pyw_worker *self);

/* Notifies the manager, once, that no thread starts a request any more. */
void pyw_worker_report_finishing(pyw_worker *self);

/*
 * 1: all requests have ended, except those that ignore their interruption after the client got its 504. If there are
 * none of these, no Python code runs any more.
 */
int pyw_worker_is_drained(pyw_worker *self);

/* The exit status of a drained worker. */
int pyw_worker_drained_status(const pyw_worker *self);

/* Ends Python. Returns the exit status `status`, or exits with it. */
int pyw_worker_stop_engine(pyw_worker *self, int status);

#endif
