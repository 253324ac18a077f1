/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_STEP_H
#define PYW_MANAGER_GROUP_STEP_H

/*
 * The steps from the workers that run to the workers that should run. Replacing is make before break: each worker
 * belongs to a generation. A change of the configuration or of a script increments the group's generation
 * (manager/group/reload/replacement.h). Then a successor is started, and when it is READY one worker of an older
 * generation drains, and so on. A successor that cannot load its applications is stopped, and the old workers remain.
 * On the manager's only thread.
 */

#include "manager/child/child.h"

/* Takes the steps that are due. Call it after every event. Returns when it must be called again at the latest. */
int64_t pyw_worker_group_step(pyw_worker_group *group);

/* A worker has ended: reaps it, kills its process group, writes its exit report, and frees the child. */
void pyw_worker_group_reap(pyw_worker_group *group, pyw_child *child);

/* Drains all workers because of `event`, and kills the workers that have not finished after `limit_ms`; 0: never. */
void pyw_worker_group_end(pyw_worker_group *group, pyw_phase_event event, int limit_ms);

/* Likewise for the command stop: no worker is started until pyw_worker_group_resume. */
void pyw_worker_group_halt(pyw_worker_group *group);

#endif
