/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_STATUS_H
#define PYW_MANAGER_COMMAND_STATUS_H

/* What runs, as rows for `pywsgid status`; docs/internals/WIRE.md has their names. On the manager's only thread. */

#include "manager/command/server.h"
#include "manager/manager.h"

/* The manager's row and those of all groups, or of one, with their workers. */
void pyw_status_send(const pyw_manager *manager, const pyw_worker_group *only, pyw_command_client *client);

#endif
