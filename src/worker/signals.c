/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dup3, POLLRDHUP */
#endif
#include "worker/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker/heritage.h"

/* The previous signal number interrupts the waits of the pool's threads. */
#define MANAGER_EXIT_SIGNAL (SIGRTMIN + 1)

enum { ORPHAN_END_S = 5 };

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

static void on_event_signal(int number)
{
    if (number == SIGHUP) {
        pyw_worker_signalled.hangup = 1;
    }
    else {
        pyw_worker_signalled.user = 1;
    }
    pyw_worker_wake();
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* A dying process closes its connections shortly before its children get another parent. */
static int has_lost_manager(void)
{
    pid_t manager = pyw_worker_signalled.manager;
    int64_t lost_at = atomic_load(&pyw_worker_signalled.lost_at);

    return manager > 0 && (lost_at != 0 || getppid() != manager);
}

void pyw_worker_leave(int status)
{
    if (has_lost_manager() && getpgrp() == getpid()) {
        kill(0, SIGKILL);
    }
    _exit(status);
}

/* Takes effect even if an exit function of the application, or a thread that holds the GIL, does not return. */
static void on_end_limit(int number)
{
    (void)number;
    pyw_worker_leave(PYW_EXIT_FORCED);
}

static void leave_in(unsigned seconds)
{
    signal(SIGALRM, on_end_limit);
    alarm(seconds);
}

/* The rest of the five seconds, at least one. */
static unsigned orphan_seconds(int64_t lost_at)
{
    int64_t passed = (pyw_clock_ms() - lost_at + 999) / 1000;

    return passed < ORPHAN_END_S ? (unsigned)(ORPHAN_END_S - passed) : 1;
}

int64_t pyw_worker_orphaned(void)
{
    int64_t lost_at = 0;

    if (atomic_compare_exchange_strong(&pyw_worker_signalled.lost_at, &lost_at, pyw_clock_ms())) {
        lost_at = atomic_load(&pyw_worker_signalled.lost_at);
        leave_in(ORPHAN_END_S);
    }
    return lost_at;
}

void pyw_worker_limit_end(unsigned seconds)
{
    int64_t lost_at;

    leave_in(seconds);
    lost_at = atomic_load(&pyw_worker_signalled.lost_at);
    if (lost_at != 0) {
        leave_in(orphan_seconds(lost_at));
    }
}

static void on_manager_exit(int number)
{
    int error = errno;

    (void)number;
    (void)pyw_worker_orphaned();
    errno = error;
}

void pyw_worker_signals_watch_manager(int channel)
{
    struct pollfd end = {channel, POLLRDHUP, 0};

    handle(MANAGER_EXIT_SIGNAL, on_manager_exit);
    prctl(PR_SET_PDEATHSIG, MANAGER_EXIT_SIGNAL);
    /* The manager may have exited before. */
    if (poll(&end, 1, 0) > 0) {
        (void)pyw_worker_orphaned();
    }
}

int pyw_worker_signals_prepare(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    pyw_worker_signalled.manager = getppid();
    pyw_worker_signalled.wake_fd = fd >= 0 && fd != PYW_HERITAGE_BOARD ? dup3(fd, PYW_HERITAGE_BOARD, O_CLOEXEC) : fd;
    if (pyw_worker_signalled.wake_fd != fd) {
        close(fd);
    }
    handle(SIGTERM, on_stop_signal);
    handle(SIGINT, on_renewal_signal); /* applications send it to themselves to get a new process */
    handle(SIGUSR1, on_renewal_signal);
    /* Not SIG_IGN, which programs that applications start would inherit. */
    handle(SIGHUP, on_event_signal);
    handle(SIGUSR2, on_event_signal);
    signal(SIGPIPE, SIG_IGN);
    return pyw_worker_signalled.wake_fd >= 0;
}
