/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_REQUEST_DEADLINE_H
#define PYW_CONFIG_DIRECTIVES_REQUEST_DEADLINE_H

/* WSGIRequestTimeout and WSGIClientGone. */

#include <httpd.h>

#include <http_config.h>

const char *pyw_directive_request_timeout(cmd_parms *cmd, void *dir, const char *text);
const char *pyw_directive_client_gone(cmd_parms *cmd, void *dir, const char *text);

#endif
