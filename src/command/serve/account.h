/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_ACCOUNT_H
#define PYW_COMMAND_SERVE_ACCOUNT_H

/* The user of httpd's children and of the workers, if root starts the private httpd. */

#include <apr_pools.h>

/*
 * Sets *user and *group to those of `name`; NULL: of the owner of the project, or of httpd's usual user if that is
 * root. Returns NULL, or an error text from the pool. Other users than root run everything themselves: *user is NULL.
 */
const char *pyw_account_find(apr_pool_t *pool, const char *name, const char *project, const char **user,
                             const char **group);

#endif
