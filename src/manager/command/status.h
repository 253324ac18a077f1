/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_STATUS_H
#define PYW_MANAGER_COMMAND_STATUS_H

/* Writes the rows for `pywsgi status`; docs/internals/WIRE.md describes them. On the manager's only thread. */

#include "manager/child/child.h"
#include "manager/command/server.h"
#include "manager/manager.h"

/* "starting", "ready" ..., as in the metrics, or "template". */
const char *pyw_status_child_state(const pyw_child *child);

/* Sends the row of the manager, and the rows of all groups, or of one group, with their workers. */
void pyw_status_send(const pyw_manager *manager, const pyw_worker_group *only, pyw_command_client *client);

/* Sends a row for each running request of a worker. */
void pyw_status_send_requests(const pyw_child *child, pyw_command_client *client);

#endif
