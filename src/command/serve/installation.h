/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_INSTALLATION_H
#define PYW_COMMAND_SERVE_INSTALLATION_H

/* Finds httpd on this machine. */

#include <apr_pools.h>

typedef struct pyw_installation {
    const char *httpd;   /* the program */
    const char *modules; /* the directory of its modules */
    const char *pywsgi;  /* mod_pywsgi.so: beside this program, or in `modules` */
} pyw_installation;

/*
 * `httpd` and `modules` are the values of --httpd and --modules; NULL: look in the usual places. Returns NULL, or an
 * error text from the pool.
 */
const char *pyw_installation_find(pyw_installation *found, apr_pool_t *pool, const char *httpd, const char *modules);

/* Whether the directory has mod_NAME.so. A module that is missing there may be a part of the program. */
int pyw_installation_has(const pyw_installation *found, apr_pool_t *pool, const char *name);

#endif
