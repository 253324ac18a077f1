/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_LIVENESS_PIPE_H
#define PYW_HTTPD_PARENT_LIVENESS_PIPE_H

#include <apr_pools.h>

/*
 * A pipe from httpd's children to the manager: each child has the writing end of its configuration's, by fork. The
 * manager sees when the last of them is gone; and a byte, whatever it is, makes it look at the groups.
 */

/* In httpd's parent: makes the one of this configuration; both ends are closed with `pconf`. Without it the manager
 * guesses, and looks once a second. */
void pyw_liveness_pipe_create(apr_pool_t *pconf);

/* The reading end; stays here. -1: there is none. */
int pyw_liveness_pipe_fd(void);

/* In a child: the reading end is not its business. */
void pyw_liveness_pipe_child_init(void);

/* In a child, any thread: a request waits for a worker of a group that is asleep. */
void pyw_liveness_pipe_wake_manager(void);

#endif
