/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_SCRIPTS_H
#define PYW_CONFIG_DIRECTIVES_SCRIPTS_H

/* Scripts with functions that httpd calls. */

#include <httpd.h>

#include <http_config.h>

/* Sets a pyw_script of the directory configuration; cmd->info is the member's offset. */
const char *pyw_directive_script(cmd_parms *cmd, void *dir, const char *args);

/* WSGIHandlerScript: adds a pyw_script to the handlers of the directory configuration. */
const char *pyw_directive_handler_script(cmd_parms *cmd, void *dir, const char *args);

/* WSGIRestrictProcess. */
const char *pyw_directive_restrict_process(cmd_parms *cmd, void *dir, const char *args);

#endif
