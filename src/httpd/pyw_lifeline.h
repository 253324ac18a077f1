/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_LIFELINE_H
#define PYW_LIFELINE_H

#include <apr_pools.h>

/*
 * A pipe by which the manager sees when the last child of httpd is gone that was started with a configuration: each has
 * the writing end, by fork. In httpd's parent.
 */

/* Makes the one of this configuration; both ends are closed with `pconf`. Without it the manager guesses. */
void pyw_lifeline_create(apr_pool_t *pconf);

/* The reading end; stays here. -1: there is none. */
int pyw_lifeline_fd(void);

/* In a child: the reading end is not its business. */
void pyw_lifeline_child_init(void);

#endif
