/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_LOADER_H
#define PYW_PYTHON_LOADER_H

/* Loads a script or a module, and finds a callable in it. The caller holds the GIL, except for the stamps. */

#include "python/python.h"

#include <stdint.h>

#include "base/result.h"

/* Identifies a version of a file. */
typedef struct pyw_stamp {
    int64_t seconds;
    long nanoseconds;
    int64_t size;
    uint64_t inode;
} pyw_stamp;

/* -1 with errno: stat(2) failed. Any thread, no GIL. */
int pyw_stamp_take(const char *path, pyw_stamp *stamp);
int pyw_stamp_is_same(const pyw_stamp *one, const pyw_stamp *other);

/*
 * Executes a script as a module of its own. The module is in sys.modules under a name derived from the path. If the
 * script fails, the module of the previous execution is restored. If this version of the script is already loaded, it
 * is not executed again. *stamp is the stamp of the executed text. Returns: new reference to the module; NULL with an
 * exception set; NULL without an exception if the file does not exist.
 */
PyObject *pyw_loader_script(const char *path, pyw_stamp *stamp);

/* Imports a module by its dotted name. Returns: new reference; NULL with an exception set. */
PyObject *pyw_loader_module(const char *name);

/*
 * Follows "name", "a.b" or "a.b()" from the module; "()" calls the object. Returns: new reference to a callable; NULL
 * with an exception set; NULL without an exception if there is no such callable, with an explanation in *problem.
 */
PyObject *pyw_loader_callable(PyObject *module, const char *expression, pyw_problem *problem);

#endif
