/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_COMMANDS_H
#define PYW_MANAGER_COMMAND_COMMANDS_H

/* The verbs of `pywsgi`: status, reload, restart, stop, start, stacks. On the manager's only thread. */

#include "manager/command/server.h"
#include "manager/manager.h"

/* Runs a COMMAND: answers immediately, or lets the client wait. */
void pyw_commands_run(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command);

/* Answers a client that waits for a group if the group has reached the state, or cannot reach it any more. */
void pyw_commands_check(pyw_manager *manager, pyw_command_client *client, const char *group, unsigned generation);

#endif
