/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_ABANDONED_H
#define PYW_HTTPD_BACKEND_ABANDONED_H

/*
 * Requests that are over for httpd (the client left, or got its 504) while a worker is still busy with them: their
 * slots stay taken until the worker has closed the connection. One thread in each httpd child waits for that; there is
 * none before the first such request.
 *
 * The worker shuts the connection down before it closes it, so a process that it forked meanwhile, and that holds a
 * duplicate, delays nothing. The wait also ends when the worker's process is gone (PYW0227), and after a time limit
 * (PYW0226).
 */

#include <httpd.h>

#include "config/config.h"
#include "httpd/queue/slots.h"

/* In a new child, before its threads. */
void pyw_abandoned_child_init(apr_pool_t *pchild);

/*
 * Becomes the owner of the connection `fd` and of the slot, which it gives back at `until` (pyw_clock_ms()) at the
 * latest. The worker cannot send any more from now on; it has been told with ABORT. Any thread.
 */
void pyw_abandoned_add(const pyw_group *group, const pyw_slot *slot, int fd, int64_t until);

/*
 * What the worker sends from now on fails, also if it waits for room already, so that a stream ends; what it has sent
 * is thrown away. That it closes can still be seen (POLLHUP). Any thread.
 */
void pyw_abandoned_refuse(int fd);

#endif
