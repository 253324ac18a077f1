/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RECYCLE_H
#define PYW_MANAGER_GROUP_RECYCLE_H

/*
 * Workers that are replaced because of what they have become: old, large, or used up (maximum-requests,
 * restart-interval, memory-recycle, cpu-time-limit, inactivity-timeout). On the manager's only thread.
 */

#include "manager/child/child.h"

/*
 * Once a second: chooses a worker that has to go and marks it, so that the steps of the group replace it, successor
 * first. One at a time, and none while the group is busy replacing others.
 */
void pyw_recycle_look(pyw_worker_group *group);

/* The worker says that it is too large: looks at it at once, and marks it if that is so and the group is not busy. */
void pyw_recycle_told(pyw_child *child);

/* The worker has to go, whoever found that; `reason` is told with its last requests. */
void pyw_recycle_mark(pyw_child *child, const char *reason);

#endif
