/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_EXCEPTION_H
#define PYW_PYTHON_EXCEPTION_H

/*
 * Converts Python exceptions to text. This is the only place where exceptions leave Python. The caller holds the GIL.
 */

#include "python/python.h"

#include <stdint.h>

#include "base/log.h"
#include "base/result.h"

/*
 * Logs `message`, then the traceback of the current exception line by line, all at `level`, to the log of this thread
 * (python/record.h). Clears the exception.
 */
void pyw_exception_log(pyw_log_level level, const char *message);

enum { PYW_EXCEPTION_LINE = 500, PYW_EXCEPTION_TRACEBACK = 4000 };

/* A description of an exception. The texts are UTF-8, and NUL-terminated. */
typedef struct pyw_exception_report {
    int is_load;                             /* set by the caller: an application does not load */
    uint64_t kind;                           /* the digest of its kind (pywsgi/_failures.py); 0: unknown */
    char last[PYW_EXCEPTION_LINE];           /* the last line of the traceback, truncated at its end */
    char traceback[PYW_EXCEPTION_TRACEBACK]; /* as many of its last lines as fit */
} pyw_exception_report;

/* As pyw_exception_log. Also fills in *report; without an exception its kind is 0, and its texts are empty. */
void pyw_exception_log_report(pyw_log_level level, const char *message, pyw_exception_report *report);

/* Writes "ValueError: message", truncated to fit. Clears the exception. */
void pyw_exception_describe(char *text, size_t size);

/* As pyw_problem_set, with the text `what`, ": " and the description of the current exception. */
pyw_result pyw_exception_problem(pyw_problem *problem, const char *what);

/* Returns the name of the type of the current exception, which stays set. The name is valid as long as the exception.
 */
const char *pyw_exception_name(void);

#endif
