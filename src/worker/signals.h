/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SIGNALS_H
#define PYW_WORKER_SIGNALS_H

/* The signals that steer a worker, and the descriptor by which they, and its threads, wake its main thread. */

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct pyw_worker_signals {
    pid_t manager;                 /* whose child this process is; 0: not yet known */
    int wake_fd;                   /* an eventfd in the place of the board; -1: there is none */
    _Atomic int64_t lost_at;       /* when the manager went, pyw_clock_ms(); 0: it has not */
    volatile sig_atomic_t stop;    /* SIGTERM or SIGINT came */
    volatile sig_atomic_t renewal; /* SIGUSR1 came: it is to be replaced */
} pyw_worker_signals;

/* One in a process; set by the handlers. */
extern pyw_worker_signals pyw_worker_signalled;

/* Main thread: makes the eventfd and installs the handlers; in a fork once more. 0: there is no descriptor. */
int pyw_worker_signals_prepare(void);

/*
 * Main thread, once this process is the manager's child and has its user, which the kernel would forget it for: from
 * now on the manager's end is noticed whatever the main thread does. `channel`: the descriptor to the manager.
 */
void pyw_worker_signals_watch_manager(int channel);

/* Any thread, and signal handlers. */
void pyw_worker_wake(void);

/*
 * Any thread, and signal handlers: the manager is gone, and five seconds after that was noticed first this process
 * leaves. Returns when that was.
 */
int64_t pyw_worker_orphaned(void);

/* The process leaves so many seconds from now; 0: when it likes. One without a manager leaves as above. */
void pyw_worker_limit_end(unsigned seconds);

/*
 * Any thread, and signal handlers: _exit(2). If the manager is gone, everything that was started in this process group
 * goes along, as nobody else would end it; the status is SIGKILL then, which nobody sees.
 */
void pyw_worker_leave(int status) __attribute__((noreturn));

#endif
