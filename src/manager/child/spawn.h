/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_SPAWN_H
#define PYW_MANAGER_CHILD_SPAWN_H

/*
 * Starts workers and templates: fork and exec with exactly the descriptors of worker/heritage.h, in a process group of
 * their own; or FORK, with which a template forks a worker. On the manager's only thread.
 */

#include "manager/child/child.h"

/* Starts a worker and sends its HERITAGE. NULL with *problem. The caller becomes the owner. */
pyw_child *pyw_spawn(pyw_worker_group *group, pyw_problem *problem);

/* Likewise a template. */
pyw_child *pyw_spawn_template(pyw_worker_group *group, pyw_problem *problem);

/* Orders a worker from a template: a child without a pid until pyw_spawn_forked. NULL with *problem. */
pyw_child *pyw_spawn_order(pyw_worker_group *group, pyw_child *template, pyw_problem *problem);

/*
 * When the channel of such a child is readable: takes the pid of its peer from the kernel, verifies that it is a child
 * of this process, and sends HERITAGE. PYW_AGAIN: nothing has been sent yet. PYW_EOF: the fork failed, or the worker
 * died immediately. PYW_FAILED: HERITAGE could not be sent, and the worker was killed. PYW_MALFORMED: the peer is not a
 * worker that was forked for it.
 */
pyw_result pyw_spawn_forked(pyw_child *child);

/* Frees a child whose process has been reaped, or never existed. */
void pyw_spawn_free(pyw_child *child);

#endif
