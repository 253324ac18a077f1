/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_EXIT_REPORT_H
#define PYW_MANAGER_CHILD_EXIT_REPORT_H

/*
 * The exit report: one line in the group's log for each process that ended, with the reason, its age, and its requests.
 * A crash traceback precedes it. If several workers died while they ran the same request line (group/crash_loop.h), a
 * record that names the line follows. On the manager's only thread.
 */

#include "base/buffer.h"
#include "manager/child/child.h"

/* Waits for a process that has ended, kills its process group, and writes its exit report. Returns wait4's status. */
int pyw_exit_report_reap(pyw_child *child);

/* The worker does not respond and will be killed: its requests count as if it had died. */
void pyw_exit_report_note_stuck(const pyw_child *child);

/* Appends "; its last requests: GET /a, GET /b" and a NUL, with the last request of each thread. */
void pyw_exit_report_last_requests(pyw_buffer *out, const pyw_child *child);

#endif
