/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_FORK_H
#define PYW_PYTHON_PROCESS_FORK_H

/*
 * Forking a process in which Python runs: the main interpreter goes along, other interpreters and threads do not. On
 * the thread that started Python, without the GIL.
 */

#include "python/python.h"

#include <sys/types.h>

/*
 * Collects garbage and freezes the collector, so that its marks do not write to pages which forked processes share;
 * warns of the threads there are.
 */
void pyw_fork_settle(void);

/* fork_process() between what Python does before and after a fork. Returns what it returned; -1 with errno. */
pid_t pyw_fork(pid_t (*fork_process)(void));

#endif
