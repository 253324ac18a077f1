/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_REQUEST_ADMISSION_H
#define PYW_CONFIG_DIRECTIVES_REQUEST_ADMISSION_H

/* Directives that decide which requests get the threads of a group when there are not enough threads. */

#include <httpd.h>

#include <http_config.h>

const char *pyw_directive_concurrency(cmd_parms *cmd, void *dir, const char *text);
const char *pyw_directive_priority(cmd_parms *cmd, void *dir, const char *text);

#endif
