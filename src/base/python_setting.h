/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_PYTHON_SETTING_H
#define PYW_BASE_PYTHON_SETTING_H

/*
 * A setting of Python, which directives such as WSGIPythonOptimize determine and the engine applies: "optimize",
 * "dont-write-bytecode", "hash-seed" and "warnings" when Python starts (python/process/runtime.c),
 * "destroy-interpreter" when it ends, "check" when an application is loaded (for pywsgid --check), "slow-requests"
 * (milliseconds) for each request, the others when an interpreter is set up (python/pywsgi/_settings.py). In a list, a
 * later setting overrides earlier settings of the same name, except for "warnings" and "python-path", which add up.
 */

typedef struct pyw_python_setting {
    const char *application_group; /* the interpreter that it applies to; "": the main one; NULL: all */
    const char *name;
    const char *value;
} pyw_python_setting;

/*
 * The value of a setting that all interpreters share; "" if there is none. `settings` ends with a name of NULL, and may
 * be NULL.
 */
const char *pyw_python_setting_get(const pyw_python_setting *settings, const char *name);

#endif
