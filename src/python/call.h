/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_CALL_H
#define PYW_PYTHON_CALL_H

/*
 * Calls functions of Python modules by name, mostly functions of the package `pywsgi`. The caller holds the GIL. If
 * code of the application may run, the caller must call pyw_forked_check_application() afterwards.
 */

#include "python/python.h"

/* Imports the module. Returns: new reference to its attribute; NULL with an exception set. */
PyObject *pyw_call_attribute(const char *module, const char *name);

/*
 * Calls module.name() with an argument tuple that Py_BuildValue builds from `format`. Returns: new reference; NULL with
 * an exception set.
 */
PyObject *pyw_call(const char *module, const char *name, const char *format, ...);

/* As pyw_call, without arguments and result. -1 with an exception set. */
int pyw_call_plain(const char *module, const char *name);

#endif
