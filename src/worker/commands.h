/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_COMMANDS_H
#define PYW_WORKER_COMMANDS_H

/* The manager's orders to a worker or a template (docs/internals/WIRE.md). On the main thread. */

#include "worker/worker.h"

/* Does all that the manager has ordered. On the fork of a template it stops at the order that made it. */
void pyw_worker_take_orders(pyw_worker *self);

#endif
