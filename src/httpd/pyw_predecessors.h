/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PREDECESSORS_H
#define PYW_PREDECESSORS_H

/*
 * Managers that have handed over to a newer one, and end when their workers have finished. httpd's parent keeps their
 * control channels, so that they end with it at the latest. Retained over restarts.
 */

#include <apr_thread_proc.h>
#include <httpd.h>

/* Owns the descriptor from now on. If there are too many, the oldest one is told to stop, and not waited for. */
void pyw_predecessors_add(const apr_proc_t *proc, int control_fd);

/* After every post_config: their ends are noticed. */
void pyw_predecessors_watch(apr_pool_t *pconf);

/* Tells all to stop. */
void pyw_predecessors_stop(void);

/* In a child: closes the descriptors. */
void pyw_predecessors_child_init(void);

#endif
