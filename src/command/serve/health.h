/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_HEALTH_H
#define PYW_COMMAND_SERVE_HEALTH_H

/* Asks the manager of the private httpd, whose sockets are below `directory`. */

#include <apr_pools.h>

typedef enum {
    PYW_HEALTH_STARTING, /* also: there is no manager yet */
    PYW_HEALTH_SERVING,
    PYW_HEALTH_FAILING, /* an application did not load, or a Python did not start */
} pyw_health;

/* For PYW_HEALTH_FAILING *reason is a text from the pool. */
pyw_health pyw_health_ask(apr_pool_t *pool, const char *directory, const char **reason);

/* As `pywsgi drain` without waiting for its end. Returns 0 if the manager does not do it. */
int pyw_health_drain(apr_pool_t *pool, const char *directory, long seconds, long deadline);

#endif
