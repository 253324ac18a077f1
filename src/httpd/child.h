/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_CHILD_H
#define PYW_HTTPD_CHILD_H

#include <httpd.h>

/* The child_init hook: what a new httpd child needs before its threads start. */
void pyw_child_init(apr_pool_t *pchild, server_rec *main_server);

#endif
