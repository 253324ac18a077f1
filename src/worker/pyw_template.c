/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dup3 */
#endif
#include "worker/pyw_template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "worker/pyw_heritage.h"

enum { FORKED_TIMEOUT_MS = 5000 };

struct pyw_template {
    int fds[PYW_HERITAGE_FDS]; /* of the next worker; -1: the template's own will do */
};

pyw_template *pyw_template_create(void)
{
    pyw_template *template = malloc(sizeof(*template));

    for (int i = 0; template != NULL && i < PYW_HERITAGE_FDS; i++) {
        template->fds[i] = -1;
    }
    return template;
}

static void drop(pyw_template *template, unsigned number)
{
    if (template->fds[number] >= 0) {
        close(template->fds[number]);
        template->fds[number] = -1;
    }
}

static void drop_all(pyw_template *template)
{
    for (unsigned i = 0; i < PYW_HERITAGE_FDS; i++) {
        drop(template, i);
    }
}

void pyw_template_take(pyw_template *template, unsigned number, int fd)
{
    if (number < PYW_HERITAGE_FDS) {
        drop(template, number);
        template->fds[number] = fd;
    }
    else if (fd >= 0) {
        close(fd);
    }
}

/* The kernel gives an orphan to the manager, which is the subreaper of all its descendants. */
static void await_adoption(pid_t parent)
{
    static const struct timespec moment = {0, 50 * 1000};

    while (getppid() == parent) {
        nanosleep(&moment, NULL);
    }
}

/*
 * Twice, the process in between ending at once: so the worker becomes the manager's child, as one that is executed is.
 * clone(2) with CLONE_PARENT would do that in one step, but behind glibc's back, which would go on with the thread id
 * of the parent: raise(3) and robust mutexes would be broken.
 */
static pid_t fork_twice(void)
{
    int status = 0;
    pid_t between = fork();

    if (between == 0) {
        pid_t parent = getpid();
        pid_t worker = fork();

        if (worker != 0) {
            _exit(worker > 0 ? 0 : errno);
        }
        await_adoption(parent);
        return 0;
    }
    if (between > 0 && waitpid(between, &status, 0) == between && status != 0) {
        errno = WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
        return -1;
    }
    return between;
}

pid_t pyw_template_fork(pyw_template *template, const pyw_engine *engine)
{
    pid_t pid = engine->fork(fork_twice);

    if (pid != 0) {
        int error = errno;

        drop_all(template);
        errno = error;
    }
    return pid;
}

void pyw_template_become_worker(pyw_template *template, pyw_channel *manager)
{
    setpgid(0, 0);
    prctl(PR_SET_NAME, PYW_HERITAGE_WORKER_NAME);
    pyw_channel_close(manager);
    for (int i = 0; i < PYW_HERITAGE_FDS; i++) {
        if (template->fds[i] >= 0) {
            dup3(template->fds[i], i, O_CLOEXEC);
        }
    }
    drop_all(template);
    free(template);
    pyw_channel_open(manager, PYW_HERITAGE_CHANNEL);
    pyw_channel_queue(manager, PYW_FRAME_FORKED, 0, NULL, 0, -1);
    pyw_channel_send(manager, FORKED_TIMEOUT_MS);
}
