/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_ORDERS_H
#define PYW_WORKER_ORDERS_H

/* The manager's orders to a worker or a template (docs/WIRE.md). On the main thread. */

#include "worker/pyw_worker.h"

/* Does all that the manager has ordered. On the fork of a template it stops at the order that made it. */
void pyw_worker_take_orders(pyw_worker *self);

#endif
