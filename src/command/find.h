/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_FIND_H
#define PYW_COMMAND_FIND_H

/* Finds the managers of this machine, and selects one. */

#include <apr_pools.h>

/*
 * Connects to the manager whose sockets are in `directory`, or in a directory below it; NULL: to the only manager that
 * runs. Returns the connected socket; or -1, with the exit status in *status and the reason, from the pool, in
 * *problem.
 */
int pyw_find_manager(apr_pool_t *pool, const char *directory, int *status, const char **problem);

/* Whether the process is a manager; `process` is its directory in /proc. */
int pyw_find_is_manager(apr_pool_t *pool, const char *process);

#endif
