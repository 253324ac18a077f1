/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_COMMANDS_H
#define PYW_MANAGER_COMMAND_COMMANDS_H

/* The commands of `pywsgi` that the manager runs: status, reload and the others. On the manager's only thread. */

#include "manager/command/server.h"
#include "manager/manager.h"

/* Runs a COMMAND: answers immediately, or lets the client wait. */
void pyw_commands_run(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command);

#endif
