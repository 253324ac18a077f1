/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROGRAM_H
#define PYW_PYTHON_PROGRAM_H

/*
 * A program that has the main thread of its process, and is told to stop by SystemExit: as the handler of a signal
 * raises it, the exception also ends a sleep or a wait.
 */

#include "python/python.h"

#include "base/result.h"

/*
 * On the thread that started Python, without the GIL; once. Calls execute() with the GIL in the main interpreter, and
 * then waits for the threads that it started and that are no daemons. execute() returns -1 with an exception set.
 * PYW_OK: it was told to stop; PYW_EOF: it came to its end; PYW_FAILED: it raised. The last two have been logged.
 */
pyw_result pyw_program_run(int (*execute)(void *baton), void *baton);

/* Raises SystemExit in it, or keeps it from starting; the first time only. Any thread. */
void pyw_program_stop(void);

#endif
