/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_MEASURE_H
#define PYW_MANAGER_CHILD_MEASURE_H

/* How large and how busy a worker is: from /proc, and from its board. On the manager's only thread. */

#include "manager/child/child.h"

/* Prepares a worker that was just started. */
void pyw_measure_begin(pyw_child *child);

/* How many of its threads run a request. */
int pyw_measure_busy(const pyw_child *child);

/* Notes which workers have served since the last call. Once a second, and before ->active_at is relied on. */
void pyw_measure_activity(pyw_worker_group *group);

/* Notes how large a worker is, and what its cgroup has counted. Once a second, and when the worker is ready. */
void pyw_measure_child(pyw_child *child);

/* "1.5 GiB", "312 MiB": for log records. */
void pyw_measure_describe_size(char *out, size_t size, uint64_t bytes);

/* The resident memory of a process in bytes; 0: the kernel does not tell. */
uint64_t pyw_measure_resident(pid_t pid);

/* User and system time of a process in ms; 0: the kernel does not tell. */
int64_t pyw_measure_cpu_time(pid_t pid);

#endif
