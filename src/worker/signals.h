/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SIGNALS_H
#define PYW_WORKER_SIGNALS_H

/* The signals to a worker, and the descriptor by which signals and threads wake its main thread. */

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct pyw_worker_signals {
    pid_t manager;           /* the parent of this process; 0: not yet known */
    int wake_fd;             /* an eventfd in the place of the board; -1: none */
    _Atomic int64_t lost_at; /* when the manager exited, pyw_clock_ms(); 0: it runs */
    atomic_int stop;         /* SIGTERM was received */
    atomic_int renewal;      /* SIGUSR1 or SIGINT was received: replace this worker */
    atomic_int hangup;       /* SIGHUP was received: for subscribers of the application ... */
    atomic_int user;         /* ... and SIGUSR2 */
} pyw_worker_signals;

/* One per process. The handlers write it, on any thread. */
extern pyw_worker_signals pyw_worker_signalled;

/*
 * Creates the eventfd and installs the handlers; call this again in a fork. Main thread. 0: no descriptor is available.
 */
int pyw_worker_signals_prepare(void);

/*
 * Detects the exit of the manager from now on, even if the main thread is blocked. Main thread. This process must be
 * the manager's child and have its final user, because the kernel forgets the setting when the user changes. `channel`:
 * the descriptor of the channel to the manager.
 */
void pyw_worker_signals_watch_manager(int channel);

/* Any thread, and signal handlers. */
void pyw_worker_wake(void);

/*
 * The manager has exited: this process exits five seconds after that was first detected. Returns the time of detection.
 * Any thread, and signal handlers.
 */
int64_t pyw_worker_orphaned(void);

/* The process exits after this number of seconds; 0: no limit. Without a manager the five seconds above apply. */
void pyw_worker_limit_end(unsigned seconds);

/*
 * Calls _exit(2). Any thread, and signal handlers. If the manager has exited, all processes in this process group are
 * killed, too, because no other process would end them; then the status is SIGKILL, which nobody reads.
 */
void pyw_worker_leave(int status) __attribute__((noreturn));

#endif
