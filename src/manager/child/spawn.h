/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_SPAWN_H
#define PYW_MANAGER_CHILD_SPAWN_H

/*
 * fork and exec of a worker or a template, with exactly the descriptors of worker/heritage.h, in a process group of its
 * own; and the orders by which a template forks a worker.
 */

#include "manager/child/child.h"

/* Starts a worker and sends its HERITAGE. NULL with *problem. The caller becomes the owner. */
pyw_child *pyw_spawn(pyw_worker_group *group, pyw_problem *problem);

/* Likewise a template. */
pyw_child *pyw_spawn_template(pyw_worker_group *group, pyw_problem *problem);

/* Orders a worker from a template: a child without a pid, until pyw_spawn_forked has found it. NULL with *problem. */
pyw_child *pyw_spawn_order(pyw_worker_group *group, pyw_child *template, pyw_problem *problem);

/*
 * When the channel of such a child is readable: finds out who speaks at its other end, and sends HERITAGE. The pid is
 * what the kernel says, and a child of this process. PYW_AGAIN: nobody yet; PYW_EOF: the fork failed, or its outcome
 * died at once; PYW_MALFORMED: something else is there.
 */
pyw_result pyw_spawn_forked(pyw_child *child);

/* Frees a child whose process has been waited for. */
void pyw_spawn_free(pyw_child *child);

#endif
