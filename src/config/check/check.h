/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_CHECK_H
#define PYW_CONFIG_CHECK_CHECK_H

#include <httpd.h>

/*
 * The check_config hook: checks everything that a single directive cannot check (undefined groups, missing engines,
 * socket paths that are too long, unknown users), logs an error for each problem, and sets the members that are "set by
 * pyw_config_check". Starts nothing, writes nothing.
 */
int pyw_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

#endif
