/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_SCRUB_H
#define PYW_HTTPD_PARENT_SCRUB_H

/*
 * Removes the values of env= from httpd's memory. httpd reads its configuration through buffers for the file, the line
 * and the words of a directive, and returns them to its pools without wiping them, so each child inherits them.
 * Therefore the parent searches its memory for env=NAME=value of the groups' settings and overwrites each value, except
 * in httpd's command line and environment, which httpd reads again. It does not search the memory of pyw_secrets, which
 * keeps the values.
 */

#include <httpd.h>

/*
 * The post_config hook. Runs before the hooks of other modules, because some modules fork in post_config. In the
 * parent, while it has one thread.
 */
int pyw_scrub_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

#endif
