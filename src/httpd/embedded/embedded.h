/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_EMBEDDED_EMBEDDED_H
#define PYW_HTTPD_EMBEDDED_EMBEDDED_H

/*
 * Embedded mode: the engine in httpd's child. The child loads the engine at its start if the configuration has an
 * embedded application, otherwise with the first request that needs it, and stops it at its exit.
 */

#include <httpd.h>

#include "httpd/target.h"
#include "wsgi/engine.h"

/* In a new child, before its threads start. */
void pyw_embedded_child_init(apr_pool_t *pchild, server_rec *main_server);

/* Serves a request without a process group. Returns the result of the handler. */
int pyw_embedded_serve(request_rec *r, pyw_target *target);

/*
 * For a thread that serves no request: the running engine, which runs until pyw_embedded_leave(). NULL: the engine does
 * not run. Any thread.
 */
const pyw_engine *pyw_embedded_enter(void);
void pyw_embedded_leave(void);

#endif
