/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_EMBEDDED_EMBEDDED_H
#define PYW_HTTPD_EMBEDDED_EMBEDDED_H

/*
 * Embedded mode: the engine inside httpd's child. It is loaded when the child starts if the configuration has something
 * that runs embedded, else with the first request that needs it after all, and finalised when the child ends.
 */

#include <httpd.h>

#include "httpd/target.h"

/* In a new child, before its threads. */
void pyw_embedded_child_init(apr_pool_t *pchild, server_rec *main_server);

/* Serves a request whose target has no process group. Returns what the handler returns. */
int pyw_embedded_serve(request_rec *r, const pyw_target *target);

#endif
