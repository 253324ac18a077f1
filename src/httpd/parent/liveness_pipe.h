/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_LIVENESS_PIPE_H
#define PYW_HTTPD_PARENT_LIVENESS_PIPE_H

#include <apr_pools.h>

/*
 * A pipe from httpd's children of one configuration to the manager. Children inherit the writing end. At end of file
 * the manager knows that the last child has exited; any byte makes it check its groups.
 */

/*
 * In httpd's parent: creates the pipe of this configuration; both ends are closed with `pconf`. Without a pipe the
 * manager uses a time limit, and checks its groups once a second.
 */
void pyw_liveness_pipe_create(apr_pool_t *pconf);

/* The reading end; liveness_pipe.c remains its owner. -1: none. */
int pyw_liveness_pipe_fd(void);

/* In a child: closes the reading end. */
void pyw_liveness_pipe_child_init(void);

/* In a child, any thread: a request waits for a worker of a group that is asleep. */
void pyw_liveness_pipe_wake_manager(void);

#endif
