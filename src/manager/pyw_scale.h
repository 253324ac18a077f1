/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SCALE_H
#define PYW_SCALE_H

/*
 * The number of workers of a group whose processes= is a span: it grows while requests wait, shrinks when one worker
 * less would have done for a while, and with a least of 0 sleeps until the next request. One record for each decision.
 * On the manager's thread.
 */

#include "manager/pyw_worker_group.h"

/* The group got options: what it has is brought into their span. */
void pyw_scale_begin(pyw_worker_group *group);

/* Looks at the load and changes group->wanted. Returns when it wants the next call; INT64_MAX: after an event. */
int64_t pyw_scale_step(pyw_worker_group *group);

/* It has no worker and wants none until a connection comes: the manager watches the socket. */
int pyw_scale_is_asleep(const pyw_worker_group *group);

#endif
