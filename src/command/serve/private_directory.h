/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_PRIVATE_DIRECTORY_H
#define PYW_COMMAND_SERVE_PRIVATE_DIRECTORY_H

/* The directory of a private httpd: configuration, sockets, pipes of its logs. */

#include <apr_pools.h>

/* The path that pyw_private_directory_create completes: in TMPDIR, or in /tmp. */
char *pyw_private_directory_pattern(apr_pool_t *pool);

/* Creates the directory. If root calls it, other users may enter it. Returns -1 with errno if it cannot. */
int pyw_private_directory_create(char *pattern);

/* Removes the directory with all its files. */
void pyw_private_directory_remove(const char *path);

#endif
