/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_RECYCLE_H
#define PYW_RECYCLE_H

/*
 * Workers that are replaced because of what they have become: old, large, or used up (maximum-requests,
 * restart-interval, memory-recycle, cpu-time-limit, inactivity-timeout). On the manager's only thread.
 */

#include "manager/pyw_worker_group.h"

/* What a worker that was just started needs for it. */
void pyw_recycle_begin(pyw_child *child);

/*
 * Once a second: chooses a worker that has to go and marks it, so that the steps of the group replace it, successor
 * first. One at a time, and none while the group is busy replacing others.
 */
void pyw_recycle_look(pyw_worker_group *group);

/* The worker says that it is too large: looks at it at once, and marks it if that is so and the group is not busy. */
void pyw_recycle_told(pyw_child *child);

/* The worker has to go, whoever found that; `reason` is told with its last requests. */
void pyw_recycle_mark(pyw_child *child, const char *reason);

/* How many of its threads run a request. */
int pyw_recycle_busy(const pyw_child *child);

/* Notes which workers have served since the last call. Once a second, and before ->active_at is relied on. */
void pyw_recycle_note_activity(pyw_worker_group *group);

/* Notes how large a worker is, and what its cgroup has counted. Once a second; what is new is measured at once. */
void pyw_recycle_measure(pyw_child *child);

/* "1.5 GiB", "312 MiB": for log records. */
void pyw_recycle_describe_size(char *out, size_t size, uint64_t bytes);

/* The resident memory of a process in bytes; 0: the kernel does not tell. */
uint64_t pyw_recycle_resident(pid_t pid);

#endif
