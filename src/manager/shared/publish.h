/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_SHARED_PUBLISH_H
#define PYW_MANAGER_SHARED_PUBLISH_H

/* The manager's side of the memory that it shares with httpd (shm/worker_list.h). On the manager's only thread. */

#include "manager/manager.h"

/*
 * Takes the memory of a WORKER_LIST, LOAD or STATS frame, and owns `fd` from now on. Removes the workers of an earlier
 * manager.
 */
void pyw_publish_take(pyw_manager *manager, int frame_type, int fd);

/*
 * Publishes the state of the group and the workers that accept requests, if they have changed, and assigns the group
 * its entry. A manager that has handed over publishes nothing: the worker list belongs to its successor, which keeps
 * the entries until its own workers are ready.
 */
void pyw_publish_write(const pyw_manager *manager, pyw_worker_group *group);

/* May this manager publish the group, and is its entry the group's? */
int pyw_publish_may_write(const pyw_manager *manager, const pyw_worker_group *group);

/* Replaces workers whose socket was removed, because new children of httpd cannot reach them. */
void pyw_publish_check_sockets(const pyw_manager *manager, pyw_worker_group *group);

#endif
