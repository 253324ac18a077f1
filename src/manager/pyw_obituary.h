/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_OBITUARY_H
#define PYW_OBITUARY_H

/* One line in the group's log for each worker that ended: why, how old, what it had done, what it was doing. */

#include "base/pyw_buffer.h"
#include "manager/pyw_worker_group.h"

/* `status` is waitpid's. */
void pyw_obituary_write(const pyw_child *child, int status);

/* Appends "; its last requests: GET /a, GET /b" and a NUL, one request for each thread that has served. */
void pyw_obituary_last_requests(pyw_buffer *out, const pyw_child *child);

#endif
