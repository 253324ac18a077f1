/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_FAMILY_H
#define PYW_COMMAND_SERVE_FAMILY_H

/*
 * All processes that the private httpd and its applications start. This process is their subreaper (prctl(2)): a
 * process that outlives its parent becomes a child of this one. So nothing remains, also in a container, where this
 * process is the first one.
 */

#include <apr_pools.h>
#include <sys/types.h>

void pyw_family_adopt(void);

/* Reaps all children that have exited. Returns whether `wanted` was one of them, with its status in *status. */
int pyw_family_reap(pid_t wanted, int *status);

/* Whether this process has children. */
int pyw_family_is_alive(void);

/* Whether one of them is a manager, which ends its workers. */
int pyw_family_has_manager(apr_pool_t *pool);

/* Kills the children. Their own children become those of this process: call it until none is alive. */
void pyw_family_kill(void);

#endif
