/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_SHARED_PUBLISH_H
#define PYW_MANAGER_SHARED_PUBLISH_H

/* The manager's side of the memory that it shares with httpd (shm/worker_list.h). On its only thread. */

#include "manager/manager.h"

/* Takes a WORKER_LIST or LOAD frame's memory; becomes the owner of `fd`. What an earlier manager wrote is struck out.
 */
void pyw_publish_take(pyw_manager *manager, int frame_type, int fd);

/*
 * Tells httpd's processes the state of the group and which of its workers take requests, if that has changed; and gives
 * the group its place in what they say. A manager that has handed over tells nothing: the worker list is its
 * successor's, who leaves there what it finds until its own workers are ready.
 */
void pyw_publish_write(const pyw_manager *manager, pyw_worker_group *group);

/* A worker whose socket somebody has removed cannot be reached by new children of httpd: it is replaced. */
void pyw_publish_check_sockets(const pyw_manager *manager, pyw_worker_group *group);

#endif
