/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_LOADER_H
#define PYW_PYTHON_LOADER_H

/*
 * From a script or a module's name to a callable. GIL held everywhere, except for the stamps.
 */

#include "python/python.h"

#include <stdint.h>

#include "base/result.h"

/* What tells one version of a file from another. */
typedef struct pyw_stamp {
    int64_t seconds;
    long nanoseconds;
    int64_t size;
    uint64_t inode;
} pyw_stamp;

/* -1 with errno: the file cannot be looked at. Any thread, no GIL. */
int pyw_stamp_take(const char *path, pyw_stamp *stamp);
int pyw_stamp_is_same(const pyw_stamp *one, const pyw_stamp *other);

/*
 * Executes a script as a module of its own, which is in sys.modules under a name made of its path. If it fails, the
 * module of an earlier execution is there again; if this version of it is there already, it is not executed. *stamp
 * is that of the text which was executed. Returns: new reference to the module; NULL with an exception set; NULL
 * without one if there is no such file.
 */
PyObject *pyw_loader_script(const char *path, pyw_stamp *stamp);

/* Imports a module by its dotted name. Returns: new reference; NULL with an exception set. */
PyObject *pyw_loader_module(const char *name);

/*
 * Follows "name", "a.b" or, calling what is there, "a.b()" from the module. Returns: new reference to a callable;
 * NULL with an exception set; NULL without one if there is no such callable: *problem says what to write.
 */
PyObject *pyw_loader_callable(PyObject *module, const char *expression, pyw_problem *problem);

#endif
