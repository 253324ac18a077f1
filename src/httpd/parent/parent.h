/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_PARENT_H
#define PYW_HTTPD_PARENT_PARENT_H

/*
 * httpd's parent and the process manager (pywsgid): start it, give it the configuration, start it again if it dies, end
 * it with httpd. The manager outlives restarts of httpd: its pid and the control channel are kept in retained data.
 *
 * The parent waits for a manager at httpd's start only. At a restart, and when a manager has died, what takes longer
 * than a moment goes on in later turns of httpd's main loop: the monitor hook, every ten seconds, and pyw_waker.
 */

#include <httpd.h>

/* The post_config hook. */
int pyw_parent_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

/* The monitor hook. */
int pyw_parent_monitor(apr_pool_t *pool, server_rec *main_server);

/* In a new child: lets go of the control channel, so that the manager sees when the parent is gone. */
void pyw_parent_child_init(void);

#endif
