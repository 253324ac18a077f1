/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_SCRUB_H
#define PYW_HTTPD_PARENT_SCRUB_H

/*
 * httpd reads its configuration through buffers of its own: of the file, of the line, of the words of a directive.
 * They are given back to its pools as they are, and each child inherits them. So its memory is searched for the text
 * env=NAME=value of the groups' settings, and each value found is overwritten, but in httpd's command line and
 * environment, which httpd reads again. The values themselves are in config/options/secrets.h, where nothing is
 * searched.
 */

#include <httpd.h>

/* post_config, ahead of all modules: some of them fork there. In the parent, while it has one thread. */
int pyw_scrub_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

#endif
