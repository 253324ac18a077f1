/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_INTERPRETER_H
#define PYW_PYTHON_PROCESS_INTERPRETER_H

/*
 * The interpreters of the process, one for each application group, and the thread states that threads use in them. When
 * a thread first enters an interpreter, it gets a thread state and a threading.Thread "pywsgi-N". It keeps both until
 * pyw_interpreter_thread_end, so thread-local data of Python code persists between requests. The caller does not hold
 * the GIL, unless a function states otherwise.
 */

#include "python/python.h"

#include "base/result.h"
#include "python/module.h"

typedef struct pyw_interpreter pyw_interpreter;

/* Data of the layer above for each interpreter. Both functions are called in the interpreter, with the GIL. */
typedef struct pyw_interpreter_hooks {
    /* NULL with an exception set. */
    void *(*create)(const char *application_group);
    void (*destroy)(void *extension);
} pyw_interpreter_hooks;

/* Call this after Python was initialised, with the GIL, which it releases. Settings and hooks must stay valid. */
pyw_result pyw_interpreter_start(const pyw_module_settings *settings, const pyw_interpreter_hooks *hooks,
                                 pyw_problem *problem);

/*
 * Returns the interpreter of an application group, and registers a new group; "" is the main interpreter. `is_default`:
 * the name was not configured. The first such group of a process may use the main interpreter, in which all extension
 * modules work. NULL: out of memory. The result is never freed.
 */
pyw_interpreter *pyw_interpreter_find(const char *application_group, int is_default);

/* Returns the main interpreter without assigning it to a group. */
pyw_interpreter *pyw_interpreter_main(void);

/* Sub-interpreters do not survive a fork. */
int pyw_interpreter_is_main(const pyw_interpreter *interpreter);

/* As pyw_interpreter_enter, for the main interpreter. */
pyw_result pyw_interpreter_enter_main(void);

/*
 * Acquires the GIL in the interpreter, and creates the interpreter if necessary. PYW_FAILED: creation failed, and the
 * reason was logged.
 */
pyw_result pyw_interpreter_enter(pyw_interpreter *interpreter);

/* Releases the GIL. */
void pyw_interpreter_leave(void);

/*
 * The calling thread runs no code of applications, so threading does not list it. Call this before the thread enters an
 * interpreter.
 */
void pyw_interpreter_stay_nameless(void);

/* Acquires and releases the GIL. For any thread of the host that runs no code of applications. */
void pyw_interpreter_touch(void);

/* Calls the function in each interpreter that exists, one after the other, with the GIL. */
void pyw_interpreter_each(void (*call)(void *baton), void *baton);

/* Calls the function for each interpreter that exists. The caller holds the GIL, in any of them. */
void pyw_interpreter_each_state(void (*call)(void *baton, PyInterpreterState *state), void *baton);

/* Returns the result of hooks->create. Between enter and leave. */
void *pyw_interpreter_extension(const pyw_interpreter *interpreter);

/* Frees the thread states of the calling thread, which ends or will not enter Python again. */
void pyw_interpreter_thread_end(void);

/* For a forked process, in which no thread holds a lock. */
void pyw_interpreter_renew_locks(void);

/*
 * Waits for the non-daemon threads of all interpreters, for `threads_ms` unless that is 0, runs the exit functions, and
 * finalises Python. If threads of the application are still running, Python is not finalised. On the thread that called
 * start; no other thread is in an interpreter. `reason`: see stop() of the engine.
 */
void pyw_interpreter_stop(int threads_ms, const char *reason);

/* Instead of pyw_interpreter_stop: only publishes process_stopping in each interpreter. Python continues to exist. */
void pyw_interpreter_leave_alone(const char *reason);

#endif
