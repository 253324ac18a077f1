/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_SHARED_STATS_H
#define PYW_MANAGER_SHARED_STATS_H

/* Publishes the counters of the groups (shm/group_stats.h) and the measurements of their workers. */

#include "manager/manager.h"

/*
 * Counts the busy threads of a group, and publishes its counters and its workers as measured last. On the manager's
 * only thread, once a second.
 */
void pyw_stats_write(pyw_manager *manager, pyw_worker_group *group);

#endif
