/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MODULE_H
#define PYW_MODULE_H

/*
 * What an interpreter gets from us before any code of the user runs: the module `pywsgi` (and `mod_wsgi`, unless one
 * can be imported), the streams sys.stdin, sys.stdout and sys.stderr, signal.signal, sys.path, and os.environ.
 */

#include "python/pyw_python.h"

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

/* Returns: new reference to an object of the module `pywsgi`; NULL with an exception set. */
PyObject *pyw_module_attribute(const char *name);

/* Calls a function of the module `pywsgi`. Returns: new reference; NULL with an exception set. */
PyObject *pyw_module_call(const char *name);

#endif
