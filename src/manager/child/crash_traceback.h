/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_CRASH_TRACEBACK_H
#define PYW_MANAGER_CHILD_CRASH_TRACEBACK_H

/*
 * The text that a worker leaves behind its board when it gets a fatal signal: the Python stacks of its threads. On the
 * manager's thread; the worker has ended. Not a byte of it is trusted, and not much of it is taken.
 */

#include "manager/child/child.h"

/* Did it end, as waitpid(2) says by `status`, in a way in which it may have left some? */
int pyw_crash_traceback_are_due(int status);

/* Writes them to the group's log, one record a line; nothing if there are none. */
void pyw_crash_traceback_log(const pyw_child *child);

#endif
