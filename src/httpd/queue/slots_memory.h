/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SLOTS_MEMORY_H
#define PYW_HTTPD_QUEUE_SLOTS_MEMORY_H

/* The memory of a table of requests (httpd/queue/slots.h), and the limits that are built into it. In httpd's parent. */

#include <stddef.h>
#include <stdint.h>

#include "shm/worker_list.h"

typedef struct pyw_slots pyw_slots;

enum { PYW_SLOTS_LOCATIONS = 64 }; /* locations with a limit of their own are numbered 1 ... 63 */

/*
 * What a process that died leaves behind is found while somebody waits: its requests that waited are gone; those that
 * ran keep their slot for this long, as the worker has yet to notice.
 */
enum { PYW_SLOTS_ORPHAN_MS = 1000 };

enum { PYW_SLOTS_PATIENCE_MS = 1000 }; /* who has the lock for so long is stopped */

/* Memory of a table for `tickets` requests and `workers` workers at a time, in bytes. */
size_t pyw_slots_size(uint32_t tickets, uint32_t workers);

/*
 * Makes a table in zeroed shared memory of that size. `worker_list` and `load` are the group's, mapped at the same
 * address in every process that uses the table. 0, or the errno of the lock.
 */
int pyw_slots_init(pyw_slots *slots, uint32_t tickets, uint32_t workers, const pyw_worker_list_group *worker_list,
                   uint32_t use, pyw_load_group *load);

#endif
