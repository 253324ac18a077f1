/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_STATE_H
#define PYW_MANAGER_GROUP_STATE_H

/*
 * The state of a group (shm/worker_list.h), which `pywsgi status` shows and httpd acts on. It is computed from the
 * phase of the group and the states of its workers. On the manager's only thread.
 */

#include "manager/child/child.h"

pyw_group_state pyw_group_state_of(const pyw_worker_group *group);

/* The number of workers that are STARTING, of the current generation or of older ones. */
int pyw_group_count_starting(const pyw_worker_group *group, int current);

/* Likewise READY or BROKEN. */
int pyw_group_count_loaded(const pyw_worker_group *group, int current);

/* The number of workers that were ordered from a template and have not been forked yet. */
int pyw_group_ordered(const pyw_worker_group *group);

/* The number of workers to start. While old ones are replaced, up to reload-overlap more than configured may run. */
int pyw_group_missing(const pyw_worker_group *group);

/* Are all wanted workers loaded, and all workers of the current generation? */
int pyw_worker_group_is_settled(const pyw_worker_group *group);

/* Likewise, and does no older worker begin a request any more? */
int pyw_worker_group_is_replaced(const pyw_worker_group *group);

/* Does the group have no worker, and does the next start have to wait? Then requests get 503. */
int pyw_worker_group_is_down(const pyw_worker_group *group);

#endif
