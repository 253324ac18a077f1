/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SHARED_MEMORY_H
#define PYW_HTTPD_QUEUE_SHARED_MEMORY_H

/*
 * The memory that httpd's processes share to find workers (pyw_slots) and that they share with the manager
 * (pyw_worker_list). httpd's parent makes it, its children inherit it, and it lives through restarts: old children and
 * new ones use the same tables. The parent, which is root, only makes them: it never looks at what its children wrote.
 */

#include <httpd.h>

#include "base/result.h"
#include "httpd/queue/slots.h"

/*
 * In httpd's parent, before the manager is configured: gives each group of the configuration its place, kept by its
 * name from restart to restart. A place whose group was removed is given away when no child is left that knows the
 * group. Not PYW_OK: there is no memory, which was logged; httpd cannot serve.
 */
pyw_result pyw_shared_memory_prepare(void);

/* The indexes of all groups are below that. */
int pyw_shared_memory_size(void);

/* For the manager; -1: there is no such memory. They stay this module's. */
int pyw_shared_memory_worker_list_fd(void);
int pyw_shared_memory_load_fd(void);

/* In a new child: it needs no descriptors of it. */
void pyw_shared_memory_child_init(void);

#endif
