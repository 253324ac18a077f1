/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_STATUS_H
#define PYW_CONFIG_DIRECTIVES_STATUS_H

/* WSGIStatus On|Off [hide-query]. */

#include <httpd.h>

#include <http_config.h>

const char *pyw_directive_status(cmd_parms *cmd, void *dir, const char *text, const char *option);

#endif
