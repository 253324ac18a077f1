/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_FORKED_H
#define PYW_PYTHON_PROCESS_FORKED_H

/*
 * A process that an application forks (os.fork, multiprocessing, a library) is a copy of the worker, or of httpd's
 * child, with one thread. It may run code of the application as long as it likes; when that code returns to us, the
 * process ends. It never answers a request.
 *
 * The process that a template forks on the manager's order is none of these: it is a worker.
 */

#include "python/python.h"

/*
 * The calling thread is going to run code of this application (its target, or words for what else runs the code), or,
 * with NULL, it has done so. Returns what was there before. The text must stay valid meanwhile. Any thread, no GIL
 * needed.
 */
const char *pyw_forked_enter(const char *application);

#define PYW_FORKED_START "code that runs at the start of Python"
#define PYW_FORKED_END "code that runs at the end of Python"

/* The application whose code the calling thread runs; NULL: none, or it is a thread of the application's own. */
const char *pyw_forked_application(void);

/* Was this process forked by an application? Any thread. */
int pyw_forked_is_child(void);

/* From the child handler of pthread_atfork: this process was. */
void pyw_forked_note(void);

/* Around a fork that is ours, on the thread that forks. */
void pyw_forked_begin_own(void);
void pyw_forked_end_own(void);
int pyw_forked_is_own(void);

/*
 * If this process was forked by an application, it ends here: what Python has printed is flushed, the log says who
 * forked it, and the exit status is that of the current exception: SystemExit's code, 1 for any other, whose traceback
 * is logged, or 0 without one. `who`: the request, or what else ran the code. GIL held.
 */
void pyw_forked_check(const char *who);

/* As pyw_forked_check, for code that ran on behalf of pyw_forked_application(). */
void pyw_forked_check_application(void);

/* As pyw_forked_check_application where Python is gone: the exit status is 0. */
void pyw_forked_check_without_python(void);

/* Gives the signals that have handlers their default action again, and unblocks all. Async-signal-safe. */
void pyw_forked_reset_signals(void);

#endif
