/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_FORK_H
#define PYW_PYTHON_PROCESS_FORK_H

/*
 * Forks a process in which Python runs. The main interpreter survives in the child; other interpreters and threads do
 * not. Call these functions on the thread that started Python, without the GIL.
 */

#include "python/python.h"

#include <sys/types.h>

/*
 * Collects garbage and freezes the collector, so that it does not write to the pages that forked processes share. Warns
 * of running threads.
 */
void pyw_fork_settle(void);

/* Calls fork_process() between Python's actions before and after a fork. Returns its result; -1 with errno. */
pid_t pyw_fork(pid_t (*fork_process)(void));

#endif
