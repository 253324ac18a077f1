/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_RUNTIME_H
#define PYW_PYTHON_PROCESS_RUNTIME_H

/*
 * Starting CPython inside a process that is not python: its executable and so its library are given, never searched
 * for.
 */

#include "base/result.h"

typedef struct pyw_runtime_settings {
    const char *python_home; /* a prefix or a virtual environment; NULL: the Python of the build */
    int is_daemon;           /* the process is ours, and so is its locale */
} pyw_runtime_settings;

/* On PYW_OK the calling thread holds the GIL in the main interpreter. */
pyw_result pyw_runtime_start(const pyw_runtime_settings *settings, pyw_problem *problem);

/* "3.11.2", of the library in use. Any thread, any time; the string is static. */
const char *pyw_runtime_version(void);

#endif
