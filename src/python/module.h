/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_MODULE_H
#define PYW_PYTHON_MODULE_H

/*
 * Executes the package `pywsgi` (src/python/pywsgi) in an interpreter before any code of an application, and provides
 * the functions of `_pywsgi`. The package sets up the standard streams, signal.signal, sys.path, os.environ and
 * `mod_wsgi`.
 */

#include "python/python.h"

#include "base/python_setting.h"

/* The settings of all interpreters of a process. The strings must outlive the process's Python. */
typedef struct pyw_module_settings {
    const char *process_group;
    const char *home;                          /* the first directory of sys.path, or NULL */
    const char *const *python_path;            /* NULL-terminated, or NULL */
    const char *version;                       /* of mod_pywsgi */
    const pyw_python_setting *python_settings; /* ends with a name of NULL; may be NULL */
} pyw_module_settings;

/* Has an interpreter of this name settings of its own? Any thread, no GIL. */
int pyw_module_has_settings(const pyw_module_settings *settings, const char *application_group);

/* Registers `_pywsgi` for all interpreters. Before Python is initialised. -1: out of memory. */
int pyw_module_register(void);

/*
 * Sets up the current interpreter. `main_group` is the application group that uses the main interpreter; NULL: none
 * yet. The caller holds the GIL. -1 with an exception set.
 */
int pyw_module_set_up(const pyw_module_settings *settings, const char *application_group, const char *main_group);

#endif
