/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_SCRIPTS_H
#define PYW_CONFIG_DIRECTIVES_SCRIPTS_H

/* Scripts with functions that httpd calls. */

#include <httpd.h>

#include <http_config.h>

/* Sets a pyw_script of the directory configuration; cmd->info is the member's offset. */
const char *pyw_directive_script(cmd_parms *cmd, void *dir, const char *args);

#endif
