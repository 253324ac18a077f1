/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_WAITING_H
#define PYW_MANAGER_COMMAND_WAITING_H

/*
 * A client that waits for the end of its command, which may concern several groups. Exists as long as the client's
 * connection. On the manager's only thread.
 */

#include "manager/command/goal.h"
#include "manager/command/server.h"

typedef struct pyw_waiting pyw_waiting;

pyw_waiting *pyw_waiting_create(pyw_command_client *client);

/* The command is complete when workers of the group's present generation serve, or the group is stopped. */
void pyw_waiting_add(pyw_waiting *waiting, const pyw_worker_group *group);

/*
 * A pyw_command_check, for a pyw_waiting: sends progress, and the answer when each goal was reached or has failed.
 */
void pyw_waiting_check(pyw_manager *manager, pyw_command_client *client, void *waiting);

#endif
