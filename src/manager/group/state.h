/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_STATE_H
#define PYW_MANAGER_GROUP_STATE_H

/*
 * The state of a group (shm/worker_list.h) as `pywsgid status` shows it and httpd goes by it: computed from what the
 * manager knows of the group and its workers, in one place. On the manager's only thread.
 */

#include "manager/child/child.h"

pyw_group_state pyw_group_state_of(const pyw_worker_group *group);

/* It ends, or somebody has stopped it, or another manager has it: no worker is started. */
int pyw_group_is_ending(const pyw_worker_group *group);

/* Workers in that state, of the current generation or of those before. */
int pyw_group_count(const pyw_worker_group *group, pyw_child_state state, int current);

/* How many were ordered from a template and have not come. */
int pyw_group_ordered(const pyw_worker_group *group);

/* How many are to be started: while old ones are replaced, up to reload-overlap more than configured may run. */
int pyw_group_missing(const pyw_worker_group *group);

/* It has no worker and wants none until a request comes. */
int pyw_group_is_asleep(const pyw_worker_group *group);

/* As many workers as are wanted are ready, all of the current generation. */
int pyw_worker_group_is_settled(const pyw_worker_group *group);

/* Likewise, and none of the workers before them begins a request any more. */
int pyw_worker_group_is_replaced(const pyw_worker_group *group);

/* Nobody of the group accepts requests, nor will somebody soon: the manager has to answer. */
int pyw_worker_group_is_down(const pyw_worker_group *group);

/* "running", "degraded" ... */
const char *pyw_group_state_name(pyw_group_state state);

/*
 * "healthy": requests are served, or would be; "impaired": not by all workers, or not yet; "failing": requests get 500
 * or 503. The exit status of `pywsgid status` follows from it.
 */
const char *pyw_group_state_health(pyw_group_state state);

#endif
