/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_CALL_H
#define PYW_PYTHON_CALL_H

/*
 * Calls functions of Python's modules by name, mostly those of the package `pywsgi`. GIL held. If code of the
 * application may run, the caller goes on with pyw_forked_check_application().
 */

#include "python/python.h"

/* Imports the module. Returns: new reference to its attribute; NULL with an exception set. */
PyObject *pyw_call_attribute(const char *module, const char *name);

/*
 * Calls module.name() with the tuple of arguments that Py_BuildValue makes of `format`. Returns: new reference; NULL
 * with an exception set.
 */
PyObject *pyw_call(const char *module, const char *name, const char *format, ...);

/* The same without arguments and result. -1 with an exception set. */
int pyw_call_plain(const char *module, const char *name);

#endif
