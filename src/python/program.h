/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROGRAM_H
#define PYW_PYTHON_PROGRAM_H

/*
 * A program that owns the main thread of its process. SystemExit stops it: a signal handler raises the exception, so it
 * also interrupts a sleep or a wait.
 */

#include "python/python.h"

#include "base/result.h"

/*
 * Calls execute() with the GIL in the main interpreter, and then waits for the non-daemon threads that it started.
 * execute() returns -1 with an exception set. Call this once, on the thread that started Python, without the GIL.
 * PYW_OK: the program was stopped; PYW_EOF: it ended by itself; PYW_FAILED: it raised an exception. The last two are
 * logged.
 */
pyw_result pyw_program_run(int (*execute)(void *baton), void *baton);

/* Raises SystemExit in the program, or prevents its start. Only the first call has an effect. Any thread. */
void pyw_program_stop(void);

#endif
