/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_ALIAS_H
#define PYW_CONFIG_DIRECTIVES_ALIAS_H

/* Where applications are mounted. */

#include <httpd.h>

#include <http_config.h>

const char *pyw_directive_script_alias(cmd_parms *cmd, void *dir, const char *args);
const char *pyw_directive_script_alias_match(cmd_parms *cmd, void *dir, const char *args);
const char *pyw_directive_app_alias(cmd_parms *cmd, void *dir, const char *args);

#endif
