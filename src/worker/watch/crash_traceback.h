/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_CRASH_TRACEBACK_H
#define PYW_WORKER_WATCH_CRASH_TRACEBACK_H

/*
 * Writes a traceback when a worker crashes: on SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL it writes the Python stacks
 * of its threads to the memory after the board, where the manager reads them. Then the worker dies of the signal, with
 * a core file as usual.
 */

#include <sys/types.h>

#include "worker/heritage.h"
#include "wsgi/engine.h"

enum { PYW_CRASH_NO_SLOT = -1 };

/*
 * Installs the handlers. Main thread, after Python was started, and again in a worker that was forked from a template.
 * Handlers that were installed before run afterwards. `fd` is the board's memory, with room from `offset` on; it stays
 * open. In a child that an application forks the handlers do nothing. `board` NULL or `fd` -1: does nothing.
 */
void pyw_crash_prepare(const pyw_engine *engine, pyw_board *board, int fd, off_t offset);

/*
 * At the start of each thread that may run Python: sets its slot on the board, and a signal stack, because the thread's
 * own stack may have overflowed. If memory is exhausted, the thread has no signal stack.
 */
void pyw_crash_enter(int slot);

/* At the end of such a thread. */
void pyw_crash_leave(void);

#endif
