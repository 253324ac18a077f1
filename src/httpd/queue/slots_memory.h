/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SLOTS_MEMORY_H
#define PYW_HTTPD_QUEUE_SLOTS_MEMORY_H

/* The memory of a table of requests (httpd/queue/slots.h), and its fixed limits. In httpd's parent. */

#include <stddef.h>
#include <stdint.h>

#include "shm/worker_list.h"

typedef struct pyw_slots pyw_slots;

enum { PYW_SLOTS_LOCATIONS = 64 }; /* locations with a limit have the numbers 1 ... 63 */

/*
 * If a process dies, waiting requests of other processes detect it. Its own waiting requests are removed. Its running
 * requests keep their slots for this time, because the worker may not have noticed yet.
 */
enum { PYW_SLOTS_ORPHAN_MS = 1000 };

enum { PYW_SLOTS_PATIENCE_MS = 1000 }; /* a process that holds the lock for longer counts as stopped */

/* The size of a table for `tickets` requests and `workers` workers, in bytes. */
size_t pyw_slots_size(uint32_t tickets, uint32_t workers);

/*
 * Creates a table in zeroed shared memory of that size. `worker_list` and `load` of the group must be mapped at the
 * same address in all processes that use the table. 0, or the errno of the lock.
 */
int pyw_slots_init(pyw_slots *slots, uint32_t tickets, uint32_t workers, const pyw_worker_list_group *worker_list,
                   uint32_t use, pyw_load_group *load);

#endif
