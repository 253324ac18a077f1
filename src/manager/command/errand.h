/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_ERRAND_H
#define PYW_MANAGER_COMMAND_ERRAND_H

/*
 * The records of the commands that change a group: who gave the command, and how it ended, even if the client left
 * earlier. On the manager's only thread.
 */

#include "manager/command/goal.h"

/* Logs that `who` gave the command `verb`, and its effect. */
void pyw_errand_log(const pyw_worker_group *group, const char *verb, const char *who, const char *effect);

/* Logs that `who` gave the command `verb`, and its effect. The end is logged later. */
void pyw_errand_begin(pyw_manager *manager, const pyw_worker_group *group, const char *verb, const char *who,
                      const char *effect);

/* After every event: logs the commands that have ended. */
void pyw_errand_step(pyw_manager *manager);

#endif
