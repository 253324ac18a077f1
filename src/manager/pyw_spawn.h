/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SPAWN_H
#define PYW_SPAWN_H

/* fork and exec of a worker, with exactly the descriptors of pyw_heritage.h, in a process group of its own. */

#include "manager/pyw_worker_group.h"

/* Starts a worker and sends its HERITAGE. NULL with *problem. The caller becomes the owner. */
pyw_child *pyw_spawn(pyw_worker_group *group, pyw_problem *problem);

/* Frees a child whose process has been waited for. */
void pyw_spawn_free(pyw_child *child);

#endif
