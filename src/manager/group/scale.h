/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_SCALE_H
#define PYW_MANAGER_GROUP_SCALE_H

/*
 * The number of workers of a group with processes=MIN-MAX. It grows while requests wait, and shrinks when one worker
 * less has been sufficient for some time. With MIN=0 the group sleeps until the next request. Each decision is logged.
 * On the manager's only thread.
 */

#include "manager/group/group.h"

/* The group got new options: brings group->wanted into their limits. */
void pyw_scale_begin(pyw_worker_group *group);

/*
 * The group takes the place of another manager's group with `workers` that use `memory` bytes: as many are started,
 * within processes= and memory-budget=. Before pyw_scale_begin.
 */
void pyw_scale_succeed(pyw_worker_group *group, int workers, uint64_t memory);

/* Changes group->wanted according to the load. Returns when to call it again; INT64_MAX: after an event. */
int64_t pyw_scale_step(pyw_worker_group *group);

#endif
