/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_STEP_H
#define PYW_MANAGER_GROUP_STEP_H

/*
 * From what runs to what should run. Replacing is make before break: each worker belongs to a generation. When the
 * configuration or a script changes, the group's generation counts up (manager/group/replacement.h), and one worker
 * after the other is replaced: a successor is started, and when it is READY one of the old generation drains. A
 * successor that cannot load its applications is stopped, and the old ones serve on. On the manager's only thread.
 */

#include "manager/child/child.h"

/* Brings what runs one step nearer to what should run. Call it after every event; returns when it wants the next call.
 */
int64_t pyw_worker_group_step(pyw_worker_group *group);

/* A worker has ended: waits for it, ends what it left behind, writes its exit report, and frees the child. */
void pyw_worker_group_bury(pyw_worker_group *group, pyw_child *child);

/* Asks all workers to finish, and kills those that have not by `limit_ms` from now; 0: never. */
void pyw_worker_group_stop(pyw_worker_group *group, int limit_ms);

/* Lets all workers finish, and starts none until the group is resumed. */
void pyw_worker_group_halt(pyw_worker_group *group);

#endif
