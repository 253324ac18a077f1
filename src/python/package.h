/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PACKAGE_H
#define PYW_PYTHON_PACKAGE_H

/* The package `pywsgi` as text, in the order in which its modules are executed. tools/embed-python makes the table. */
typedef struct pyw_package_module {
    const char *name; /* "pywsgi._streams"; NULL in the row behind the last */
    const char *text;
} pyw_package_module;

extern const pyw_package_module pyw_package[];

#endif
