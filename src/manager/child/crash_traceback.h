/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_CRASH_TRACEBACK_H
#define PYW_MANAGER_CHILD_CRASH_TRACEBACK_H

/*
 * The Python stacks that a worker writes to the end of its board when it gets a fatal signal. The text is hostile, so
 * it is escaped and limited. On the manager's only thread, after the worker has ended.
 */

#include "manager/child/child.h"

/* Can a process with this wait status have written stacks? */
int pyw_crash_traceback_is_due(int status);

/* Writes the stacks to the group's log, one record a line. */
void pyw_crash_traceback_log(const pyw_child *child);

#endif
