/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_MODULE_H
#define PYW_PYTHON_MODULE_H

/*
 * Executes the package `pywsgi` (src/python/pywsgi) in an interpreter before any code of the user, and gives it the
 * functions of `_pywsgi`. The package sets up the standard streams, signal.signal, sys.path, os.environ and `mod_wsgi`.
 */

#include "python/python.h"

/* The same for all interpreters of a process; strings are referred to. */
typedef struct pyw_module_settings {
    const char *process_group;
    const char *const *python_path; /* NULL-terminated, or NULL */
    const char *version;            /* of mod_pywsgi */
} pyw_module_settings;

/* Makes `_pywsgi` known to all interpreters; before Python is initialised. -1: no memory. */
int pyw_module_register(void);

/*
 * Sets up the current interpreter. `main_group` is the application group that has the main interpreter, NULL: none yet.
 * GIL held. -1 with an exception set.
 */
int pyw_module_set_up(const pyw_module_settings *settings, const char *application_group, const char *main_group);

#endif
