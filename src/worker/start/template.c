/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dup3 */
#endif
#include "worker/start/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "worker/heritage.h"
#include "worker/start/process_title.h"

enum { FORKED_TIMEOUT_MS = 5000 };

struct pyw_worker_template {
    int fds[PYW_HERITAGE_FDS]; /* descriptors of the next worker; -1: use the template's own */
};

pyw_worker_template *pyw_worker_template_create(void)
{
    pyw_worker_template *forking = malloc(sizeof(*forking));

    for (int i = 0; forking != NULL && i < PYW_HERITAGE_FDS; i++) {
        forking->fds[i] = -1;
    }
    return forking;
}

static void drop_descriptor(pyw_worker_template *forking, unsigned number)
{
    if (forking->fds[number] >= 0) {
        close(forking->fds[number]);
        forking->fds[number] = -1;
    }
}

static void drop_all(pyw_worker_template *forking)
{
    for (unsigned i = 0; i < PYW_HERITAGE_FDS; i++) {
        drop_descriptor(forking, i);
    }
}

void pyw_worker_template_take(pyw_worker_template *forking, unsigned number, int fd)
{
    if (number < PYW_HERITAGE_FDS) {
        drop_descriptor(forking, number);
        forking->fds[number] = fd;
    }
    else if (fd >= 0) {
        close(fd);
    }
}

/* The kernel makes an orphan a child of the manager, which is a subreaper. */
static void await_adoption(pid_t parent)
{
    static const struct timespec moment = {0, 50000};

    while (getppid() == parent) {
        nanosleep(&moment, NULL);
    }
}

/*
 * Forks twice; the process in between exits immediately, so the worker becomes the manager's child, like an executed
 * worker. clone(2) with CLONE_PARENT would need one step, but glibc would still use the thread id of the parent, which
 * breaks raise(3) and robust mutexes.
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

pid_t pyw_worker_template_fork(pyw_worker_template *forking, const pyw_engine *engine)
{
    pid_t pid = engine->fork(fork_twice);

    if (pid != 0) {
        int error = errno;

        drop_all(forking);
        errno = error;
    }
    return pid;
}

pyw_result pyw_worker_template_become_worker(pyw_worker_template *forking, pyw_channel *manager)
{
    setpgid(0, 0);
    prctl(PR_SET_NAME, PYW_HERITAGE_WORKER_NAME);
    pyw_process_title_become_worker();
    pyw_channel_close(manager);
    for (int i = 0; i < PYW_HERITAGE_FDS; i++) {
        if (forking->fds[i] >= 0) {
            dup3(forking->fds[i], i, i < PYW_HERITAGE_CHANNEL ? 0 : O_CLOEXEC);
        }
    }
    drop_all(forking);
    free(forking);
    pyw_channel_open(manager, PYW_HERITAGE_CHANNEL);
    pyw_channel_queue(manager, PYW_FRAME_FORKED, 0, NULL, 0, -1);
    return pyw_channel_send(manager, FORKED_TIMEOUT_MS);
}
