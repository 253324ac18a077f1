/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_EXIT_REPORT_H
#define PYW_MANAGER_CHILD_EXIT_REPORT_H

/*
 * One line in the group's log for each worker that ended: why, how old, what it had done, what it was doing. What it
 * said itself while it crashed comes first, and behind it a request line that has been there when several workers died.
 */

#include "base/buffer.h"
#include "manager/child/child.h"

/* `status` is waitpid's, `most_memory` the most bytes that it had resident. */
void pyw_exit_report_write(pyw_child *child, int status, uint64_t most_memory);

/* Appends "; its last requests: GET /a, GET /b" and a NUL, one request for each thread that has served. */
void pyw_exit_report_last_requests(pyw_buffer *out, const pyw_child *child);

#endif
