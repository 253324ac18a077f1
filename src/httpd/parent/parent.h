/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_PARENT_H
#define PYW_HTTPD_PARENT_PARENT_H

/*
 * Controls the process manager (pywsgid) from httpd's parent: starts it, sends it the configuration, restarts it if it
 * dies, and stops it at httpd's exit. The manager persists over restarts of httpd: its pid and the control channel are
 * in retained data.
 *
 * The parent waits for a manager only at httpd's start. At a restart, or after the death of a manager, it continues in
 * later turns of httpd's main loop: the monitor hook, every ten seconds, and pyw_waker.
 */

#include <httpd.h>

/* The pre_config hook. */
int pyw_parent_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* The post_config hook. */
int pyw_parent_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

/* The monitor hook. */
int pyw_parent_monitor(apr_pool_t *pool, server_rec *main_server);

/* In a new child: closes the control channel, so that the manager detects the parent's exit. */
void pyw_parent_child_init(void);

#endif
