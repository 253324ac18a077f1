/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_RUNTIME_H
#define PYW_PYTHON_PROCESS_RUNTIME_H

/*
 * Starts CPython in a process that is not python. The executable is given, and determines the library; nothing is
 * searched for.
 */

#include "base/python_setting.h"
#include "base/result.h"

typedef struct pyw_runtime_settings {
    const char *python_home; /* a prefix or a virtual environment; NULL: the Python that the engine was built with */
    int is_daemon;           /* the process is a worker, so Python may set the locale */
    const pyw_python_setting *python_settings; /* ends with a name of NULL; may be NULL */
} pyw_runtime_settings;

/* On PYW_OK the calling thread holds the GIL in the main interpreter. */
pyw_result pyw_runtime_start(const pyw_runtime_settings *settings, pyw_problem *problem);

/* The version of the library in use, "3.11.2". Any thread, any time; the string is static. */
const char *pyw_runtime_version(void);

#endif
