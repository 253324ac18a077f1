/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_OOM_H
#define PYW_MANAGER_CHILD_OOM_H

/*
 * Detects that the kernel's OOM killer has killed a worker. The kernel only counts the OOM kills of each cgroup. If the
 * counter increased shortly before a worker died of SIGKILL, the OOM killer killed it. On the manager's only thread.
 */

#include <stdint.h>
#include <sys/types.h>

enum { PYW_OOM_PATH = 1024 };

typedef struct pyw_oom {
    char file[PYW_OOM_PATH]; /* contains the counter of the process's cgroup; "": there is none */
    int64_t before;          /* the counter at the last reading but one, at least a second ago */
    int64_t last;            /* at the last reading */
} pyw_oom;

/* Reads the counter of the cgroup of `pid`. At the start of a worker, and every second. */
void pyw_oom_look(pyw_oom *oom, pid_t pid);

/* The number of OOM kills in the cgroup since about a second ago; 0: none, or unknown. */
int64_t pyw_oom_kills(const pyw_oom *oom);

/* Takes one kill off the count if `oom` watches the cgroup `file`: this kill explains the death of another process. */
void pyw_oom_take(pyw_oom *oom, const char *file);

/*
 * For tests: finds the file with the counter for a /proc/<pid>/cgroup that contains `text`. 0: there is none. Version
 * 2's memory.events is preferred to version 1's memory.oom_control. `root` is /sys/fs/cgroup.
 */
int pyw_oom_find(char *file, const char *root, const char *text);

#endif
