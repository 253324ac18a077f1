/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RECYCLE_H
#define PYW_MANAGER_GROUP_RECYCLE_H

/*
 * Replaces workers that have reached a limit: maximum-requests, restart-interval, memory-recycle, cpu-time-limit or
 * inactivity-timeout. On the manager's only thread.
 */

#include "manager/child/child.h"

/*
 * Once a second: chooses a worker that has reached a limit and marks it, so that the steps of the group replace it,
 * successor first. One at a time, and none while the group replaces others.
 */
void pyw_recycle_look(pyw_worker_group *group);

/* The worker sent LARGE: measures it, and marks it if it is too large and the group replaces no other worker. */
void pyw_recycle_large(pyw_child *child);

/* Marks the worker to be replaced. `text` is logged with its last requests. */
void pyw_recycle_mark(pyw_child *child, pyw_end_reason reason, const char *text);

#endif
