/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_SCALE_H
#define PYW_MANAGER_GROUP_SCALE_H

/*
 * The number of workers of a group whose processes= is a span: it grows while requests wait, shrinks when one worker
 * less would have done for a while, and with a least of 0 sleeps until the next request. One record for each decision.
 * On the manager's thread.
 */

#include "manager/group/group.h"

/* The group got options: what it has is brought into their span. */
void pyw_scale_begin(pyw_worker_group *group);

/*
 * The group takes the place of another manager's, which had so many workers with so many bytes of memory: as many are
 * started, within processes= and memory-budget=. Ahead of pyw_scale_begin.
 */
void pyw_scale_succeed(pyw_worker_group *group, int workers, uint64_t memory);

/* Looks at the load and changes group->wanted. Returns when it wants the next call; INT64_MAX: after an event. */
int64_t pyw_scale_step(pyw_worker_group *group);

#endif
