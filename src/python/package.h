/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PACKAGE_H
#define PYW_PYTHON_PACKAGE_H

/*
 * The modules of the package `pywsgi` as text, in the order of their execution. tools/embed-python generates the table.
 */
typedef struct pyw_package_module {
    const char *name; /* "pywsgi._streams"; NULL after the last row */
    const char *text;
} pyw_package_module;

extern const pyw_package_module pyw_package[];

#endif
