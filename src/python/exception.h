/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_EXCEPTION_H
#define PYW_PYTHON_EXCEPTION_H

/*
 * From a Python exception to text: the only place where exceptions leave Python. GIL held everywhere.
 */

#include "python/python.h"

#include "base/log.h"
#include "base/result.h"

/*
 * Logs `message`, then the traceback of the current exception line by line, all at `level`, where this thread's records
 * go (python/record.h). The exception is cleared.
 */
void pyw_exception_log(pyw_log_level level, const char *message);

enum { PYW_EXCEPTION_LINE = 500 };

/*
 * Likewise, and copies the last line of the traceback, cut to fit, NUL-terminated. Without an exception `last` stays as
 * it is.
 */
void pyw_exception_log_last(pyw_log_level level, const char *message, char last[PYW_EXCEPTION_LINE]);

/* "ValueError: the words", cut to fit; the exception is cleared. */
void pyw_exception_describe(char *text, size_t size);

/* As pyw_problem_set, the description of the current exception put behind `what` and ": ". */
pyw_result pyw_exception_problem(pyw_problem *problem, const char *what);

/* The name of the type of the current exception, which stays set; valid as long as the exception is. */
const char *pyw_exception_name(void);

#endif
