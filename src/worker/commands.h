/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_COMMANDS_H
#define PYW_WORKER_COMMANDS_H

/* Handles the manager's commands to a worker or a template (docs/internals/WIRE.md). On the main thread. */

#include "worker/worker.h"

/* Handles all commands that have arrived. When a template forks, the new process stops after the FORK command. */
void pyw_worker_handle_commands(pyw_worker *self);

#endif
