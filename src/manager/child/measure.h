/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_MEASURE_H
#define PYW_MANAGER_CHILD_MEASURE_H

/* The size and activity of a worker, from /proc and from its board. On the manager's only thread. */

#include "manager/child/child.h"

/* Prepares a worker that was just started. */
void pyw_measure_begin(pyw_child *child);

/* The number of its threads that run a request. */
int pyw_measure_busy(const pyw_child *child);

/* Updates ->measured.active_at of each worker. Once a second, and before it is used. */
void pyw_measure_activity(pyw_worker_group *group);

/* Measures the memory and the CPU time of a worker, and the OOM kills of its cgroup. Once a second, and when the worker
 * is ready. */
void pyw_measure_child(pyw_child *child);

/* "1.5 GiB", "312 MiB": for log records. */
void pyw_measure_describe_size(char *out, size_t size, uint64_t bytes);

/* The resident memory of a process in bytes; 0: unknown. */
uint64_t pyw_measure_resident(pid_t pid);

/* `used_us`: the user and system time of a process so far. Adds the time since the last measurement to its group's. */
void pyw_measure_cpu_time(pyw_child *child, uint64_t used_us);

#endif
