/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_CRASH_TRACEBACK_H
#define PYW_WORKER_WATCH_CRASH_TRACEBACK_H

/*
 * The last words of a worker that crashes: on SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL it writes the Python stacks
 * of its threads behind the board, where the manager finds them, and dies of that signal as it would have without us,
 * core file included.
 */

#include <sys/types.h>

#include "worker/heritage.h"
#include "wsgi/engine.h"

enum { PYW_CRASH_NO_SLOT = -1 };

/*
 * Main thread, when Python was started, and again in a worker that was forked from a template; whoever handles these
 * signals the first time gets them afterwards. `fd` is the board's memory, in which there is room from `offset` on; it
 * stays open. Nothing happens in a child that an application forks. `board` NULL or `fd` -1: does nothing.
 */
void pyw_crash_prepare(const pyw_engine *engine, pyw_board *board, int fd, off_t offset);

/*
 * Each thread that may run Python, at its start: a stack of its own for the handler, as the thread's may have
 * overflowed, and its slot on the board. Without memory it goes without.
 */
void pyw_crash_enter(int slot);

/* And at its end. */
void pyw_crash_leave(void);

#endif
