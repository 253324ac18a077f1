/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_SUPERVISOR_H
#define PYW_COMMAND_SERVE_SUPERVISOR_H

/* Runs the private httpd until a signal ends it, and shows its logs. */

#include <apr_pools.h>

typedef struct pyw_supervisor_plan {
    apr_pool_t *pool;
    const char *httpd;
    const char *directory; /* the private directory, with the configuration */
    const char *started;   /* printed when the applications are loaded */
    long drain, deadline;  /* of SIGTERM, in seconds */
} pyw_supervisor_plan;

/*
 * Returns the exit status. No process of the server is left. SIGINT (Ctrl-C), SIGHUP and SIGQUIT stop httpd, SIGTERM
 * drains it first, and SIGUSR1 restarts it gracefully.
 */
int pyw_supervisor_run(const pyw_supervisor_plan *plan);

#endif
