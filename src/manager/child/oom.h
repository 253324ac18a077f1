/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_OOM_H
#define PYW_MANAGER_CHILD_OOM_H

/*
 * Was it the kernel's OOM killer? What the kernel tells is a counter of each cgroup: how many of its processes the
 * killer has ended. A worker that was killed while that of its cgroup went up was one of them. On the manager's thread.
 */

#include <stdint.h>
#include <sys/types.h>

enum { PYW_OOM_PATH = 1024 };

typedef struct pyw_oom {
    char file[PYW_OOM_PATH]; /* with the counter of the process's cgroup; "": the kernel does not tell */
    int64_t before;          /* the counter at the look before the last: a second ago or more */
    int64_t last;            /* at the last look */
} pyw_oom;

/* Looks at the counter of the cgroup that `pid` is in. At the start of a worker, and every second. */
void pyw_oom_look(pyw_oom *oom, pid_t pid);

/* How many processes of the cgroup were ended since about a second ago; 0: none, or the kernel does not tell. */
int64_t pyw_oom_kills(const pyw_oom *oom);

/* One of them is accounted for: also for another process's `oom` of the same cgroup. */
void pyw_oom_take(pyw_oom *oom, const char *file);

/*
 * For tests: where the counter of a process is kept whose /proc/<pid>/cgroup says `text`. 0: there is no such cgroup
 * file. Version 2's memory.events is preferred to version 1's memory.oom_control; `root` is /sys/fs/cgroup.
 */
int pyw_oom_find(char *file, const char *root, const char *text);

#endif
