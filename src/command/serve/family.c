/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/family.h"

#include <apr_strings.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/find.h"

void pyw_family_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
}

int pyw_family_reap(pid_t wanted, int *status)
{
    int was_wanted = 0, ended;
    pid_t pid;

    while ((pid = waitpid(-1, &ended, WNOHANG)) > 0) {
        if (pid == wanted) {
            *status = ended;
            was_wanted = 1;
        }
    }
    return was_wanted;
}

int pyw_family_is_alive(void)
{
    siginfo_t found;

    return waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* The children of the only thread. Returns NULL at the end; `list` is NULL where the kernel does not have it. */
static int next_child(FILE *list, long *pid)
{
    return list != NULL && fscanf(list, "%ld", pid) == 1;
}

static FILE *open_children(void)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
    return fopen(path, "re");
}

static void close_children(FILE *list)
{
    if (list != NULL) {
        fclose(list);
    }
}

int pyw_family_has_manager(apr_pool_t *pool)
{
    FILE *list = open_children();
    int has_manager = 0;
    long pid;

    while (!has_manager && next_child(list, &pid)) {
        has_manager = pyw_find_is_manager(pool, apr_psprintf(pool, "/proc/%ld", pid));
    }
    close_children(list);
    return has_manager;
}

void pyw_family_kill(void)
{
    FILE *list = open_children();
    long pid;

    while (next_child(list, &pid)) {
        kill((pid_t)pid, SIGKILL);
    }
    close_children(list);
}
