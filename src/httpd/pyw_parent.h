/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PARENT_H
#define PYW_PARENT_H

/*
 * httpd's parent and the process manager (pywsgid): start it, give it the configuration, start it again if it dies, end
 * it with httpd. The manager outlives restarts of httpd: its pid and the control channel are kept in retained data.
 */

#include <httpd.h>

/* The post_config hook. */
int pyw_parent_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

/* In a new child: lets go of the control channel, so that the manager sees when the parent is gone. */
void pyw_parent_child_init(void);

#endif
