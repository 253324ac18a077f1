/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_LOAD_WAITING_H
#define PYW_LOAD_WAITING_H

/* How long the requests of a group wait for a worker: what scaling goes by. On the manager's thread. */

#include "manager/pyw_worker_group.h"

/* For how many ms the oldest has been waiting, as far as is known; -1: none waits. */
int64_t pyw_load_waiting_ms(pyw_worker_group *group);

#endif
