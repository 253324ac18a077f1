/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SHARED_MEMORY_H
#define PYW_HTTPD_QUEUE_SHARED_MEMORY_H

/*
 * The memory that httpd's processes share with each other (pyw_slots) and with the manager (pyw_worker_list,
 * pyw_group_stats). httpd's parent creates it, its children inherit it, and it persists over restarts, so old and new
 * children use the same tables. The parent, which is root, never reads the data of its children.
 */

#include <httpd.h>

#include "base/result.h"
#include "httpd/queue/slots.h"
#include "shm/group_stats.h"

/*
 * In httpd's parent, before the manager is configured: gives each group of the configuration an entry, found by its
 * name after a restart. The entry of a removed group is reused when all children that know the group have exited.
 * PYW_FAILED: out of memory, which was logged; httpd cannot serve.
 */
pyw_result pyw_shared_memory_prepare(void);

/* The number of entries. All indexes of groups are smaller. */
int pyw_shared_memory_size(void);

/* The descriptors, for the manager; -1: there are none. This module remains their owner. */
int pyw_shared_memory_worker_list_fd(void);
int pyw_shared_memory_load_fd(void);
int pyw_shared_memory_stats_fd(void);

/* The counters of the groups, read-only; NULL: no configuration has had a group. */
const pyw_group_stats_table *pyw_shared_memory_stats(void);

/* In a new child: closes the descriptors, which it does not need. */
void pyw_shared_memory_child_init(void);

#endif
