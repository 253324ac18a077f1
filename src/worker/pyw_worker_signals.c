/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dup3 */
#endif
#include "worker/pyw_worker_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "worker/pyw_heritage.h"

pyw_worker_signals pyw_worker_signalled = {.wake_fd = -1};

void pyw_worker_wake(void)
{
    uint64_t one = 1;
    int error = errno;
    ssize_t unused = write(pyw_worker_signalled.wake_fd, &one, sizeof(one));

    (void)unused;
    errno = error;
}

static void on_stop_signal(int number)
{
    (void)number;
    pyw_worker_signalled.stop = 1;
    pyw_worker_wake();
}

static void on_renewal_signal(int number)
{
    (void)number;
    pyw_worker_signalled.renewal = 1;
    pyw_worker_wake();
}

/* Not SIG_IGN: that would be inherited by the programs that applications start. */
static void on_signal_without_meaning(int number)
{
    (void)number;
}

void pyw_worker_leave(int status)
{
    pid_t manager = pyw_worker_signalled.manager;

    if (manager > 0 && getppid() != manager && getpgrp() == getpid()) {
        kill(0, SIGKILL);
    }
    _exit(status);
}

int pyw_worker_signals_prepare(void)
{
    struct sigaction stop = {.sa_handler = on_stop_signal, .sa_flags = SA_RESTART};
    struct sigaction renewal = {.sa_handler = on_renewal_signal, .sa_flags = SA_RESTART};
    struct sigaction hangup = {.sa_handler = on_signal_without_meaning, .sa_flags = SA_RESTART};

    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    pyw_worker_signalled.manager = getppid();
    pyw_worker_signalled.wake_fd = fd >= 0 && fd != PYW_HERITAGE_BOARD ? dup3(fd, PYW_HERITAGE_BOARD, O_CLOEXEC) : fd;
    if (pyw_worker_signalled.wake_fd != fd) {
        close(fd);
    }
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigemptyset(&renewal.sa_mask);
    sigaction(SIGUSR1, &renewal, NULL);
    sigemptyset(&hangup.sa_mask);
    sigaction(SIGHUP, &hangup, NULL);
    signal(SIGPIPE, SIG_IGN);
    return pyw_worker_signalled.wake_fd >= 0;
}
