/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_PYTHON_H
#define PYW_CONFIG_DIRECTIVES_PYTHON_H

/*
 * The directives that determine how Python starts, and what it allows to applications. They are stored in the order of
 * the configuration; config/check/python_settings.h determines the settings of each process.
 */

#include <httpd.h>

#include <http_config.h>

/* WSGIPythonOptimize and other directives with one value. */
const char *pyw_directive_python(cmd_parms *cmd, void *dir, const char *text);

const char *pyw_directive_python_path(cmd_parms *cmd, void *dir, const char *text);

/* <WSGIInterpreterOptions [process-group=name] [application-group=name]> */
const char *pyw_directive_interpreter_options(cmd_parms *cmd, void *dir, const char *args);

#endif
