/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_TRUSTED_PROXY_H
#define PYW_HTTPD_REQUEST_TRUSTED_PROXY_H

/* WSGITrustedProxies and WSGITrustedProxyHeaders. Runs on the thread of the request; allocates from r->pool. */

#include <httpd.h>

#include "config/config.h"

/*
 * Adds the facts about the original request from trusted proxies to `pairs`, the environ of `r`, and removes the
 * headers that are not trusted. Call it if config->trusted_proxy_headers is set.
 */
void pyw_trusted_proxy_apply(request_rec *r, const pyw_dir_config *config, apr_array_header_t *pairs);

/* Whether one of the `proxies` (WSGITrustedProxies) has sent the headers of `r`. NULL: the list is not set; no. */
int pyw_trusted_proxy_has_sent(const request_rec *r, const apr_array_header_t *proxies);

#endif
