/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_FORKED_H
#define PYW_PYTHON_PROCESS_FORKED_H

/*
 * A process that an application forks (os.fork, multiprocessing, a library) is a copy of the worker, or of httpd's
 * child, with one thread. It may run code of the application without limit. When that code returns to mod_pywsgi, the
 * process ends. It never answers a request.
 *
 * A worker that the template forks for the manager is not a forked process in this sense.
 */

#include "python/python.h"

/*
 * Notes that the calling thread runs code of this application (its target, or a description of other code), or, with
 * NULL, that it has finished. Returns the previous value. The text must stay valid meanwhile. Any thread, no GIL
 * needed.
 */
const char *pyw_forked_enter(const char *application);

#define PYW_FORKED_START "code that runs at the start of Python"
#define PYW_FORKED_END "code that runs at the end of Python"

/* The application whose code the calling thread runs; NULL: none, or the application created the thread. */
const char *pyw_forked_application(void);

/* Did an application fork this process? Any thread. */
int pyw_forked_is_child(void);

/* Marks this process as forked by an application. For the child handler of pthread_atfork. */
void pyw_forked_note(void);

/* Enclose a fork by mod_pywsgi itself, on the thread that forks. */
void pyw_forked_begin_own(void);
void pyw_forked_end_own(void);
int pyw_forked_is_own(void);

/*
 * Whether the current interpreter can fork with the functions of Python: CPython ends the child of a sub-interpreter
 * with a fatal error, and from 3.13 on also the child of a process that has sub-interpreters. With the GIL.
 */
int pyw_forked_may_fork(void);

/*
 * Deletes the sub-interpreters without running code in them. For a process that was forked in the main interpreter,
 * before PyOS_AfterFork_Child, which would wait forever for a lock that it holds itself.
 */
void pyw_forked_delete_interpreters(void);

/*
 * Ends this process if an application forked it: flushes the output of Python, logs who forked the process, and exits.
 * The exit status follows from the current exception: the code of SystemExit, 1 for any other, whose traceback is
 * logged, or 0 without one. `who`: the request, or the other code. The caller holds the GIL.
 */
void pyw_forked_check(const char *who);

/* As pyw_forked_check, for code that ran on behalf of pyw_forked_application(). */
void pyw_forked_check_application(void);

/* As pyw_forked_check_application, when Python has been finalised. The exit status is 0. */
void pyw_forked_check_without_python(void);

/* Resets all signals that have handlers to the default action, and unblocks all signals. Async-signal-safe. */
void pyw_forked_reset_signals(void);

#endif
