/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_REQUEST_PROXIES_H
#define PYW_CONFIG_DIRECTIVES_REQUEST_PROXIES_H

/* WSGITrustedProxies and WSGITrustedProxyHeaders. Each line adds to the earlier lines of its scope. */

#include <httpd.h>

#include <http_config.h>

const char *pyw_directive_trusted_proxies(cmd_parms *cmd, void *dir, const char *args);
const char *pyw_directive_trusted_proxy_headers(cmd_parms *cmd, void *dir, const char *args);

#endif
