/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_INTERPRETER_H
#define PYW_PYTHON_PROCESS_INTERPRETER_H

/*
 * The interpreters of the process, one for each application group, and the thread states by which threads are in
 * them. A thread gets a thread state for an interpreter, and a threading.Thread "pywsgi-N", when it first enters it,
 * and keeps them until pyw_interpreter_thread_end: so thread-local data of Python code lives from request to request.
 * No GIL on the calling side, unless a function says otherwise.
 */

#include "python/python.h"

#include "base/result.h"
#include "python/module.h"

typedef struct pyw_interpreter pyw_interpreter;

/* What the layer above keeps for each interpreter. Both are called in it, with the GIL. */
typedef struct pyw_interpreter_hooks {
    /* NULL with an exception set. */
    void *(*create)(const char *application_group);
    void (*destroy)(void *extension);
} pyw_interpreter_hooks;

/*
 * Right after Python was initialised, with the GIL, which is given up. Settings and hooks are referred to.
 */
pyw_result pyw_interpreter_start(const pyw_module_settings *settings, const pyw_interpreter_hooks *hooks,
                                 pyw_problem *problem);

/*
 * The interpreter of a group, registered if it is new; "" is the main one. `is_default`: nobody chose the name, and the
 * first group of a process may live in the main interpreter, in which everything works. NULL: no memory. Valid for
 * ever.
 */
pyw_interpreter *pyw_interpreter_find(const char *application_group, int is_default);

/* The main one, which stays free for the first group that may have it. */
pyw_interpreter *pyw_interpreter_main(void);

/* Those that are not the main interpreter end in a process that is forked. */
int pyw_interpreter_is_main(const pyw_interpreter *interpreter);

/* As pyw_interpreter_enter, for the main one. */
pyw_result pyw_interpreter_enter_main(void);

/* Takes the GIL in the interpreter, which is made if need be. PYW_FAILED: it could not be; the log says why. */
pyw_result pyw_interpreter_enter(pyw_interpreter *interpreter);

/* Gives the GIL up. */
void pyw_interpreter_leave(void);

/* The calling thread runs no code of applications: threading does not list it. Before it enters an interpreter. */
void pyw_interpreter_stay_nameless(void);

/* Takes the GIL and gives it back. Without the GIL; any thread of the host that runs no code of applications. */
void pyw_interpreter_touch(void);

/* What hooks->create returned. Between enter and leave. */
void *pyw_interpreter_extension(const pyw_interpreter *interpreter);

/* The calling thread ends, or will not enter again: frees its thread states. */
void pyw_interpreter_thread_end(void);

/* In a forked process: nobody holds a lock. */
void pyw_interpreter_renew_locks(void);

/*
 * Runs the exit functions of all interpreters, waits for their threads that are no daemons, for `threads_ms` if it is
 * not 0, and finalises Python, or leaves that out if threads of the application are still in it. On the thread that
 * called start; no other thread is inside.
 */
void pyw_interpreter_stop(int threads_ms);

#endif
