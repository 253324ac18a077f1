/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_CHILD_H
#define PYW_HTTPD_CHILD_H

#include <httpd.h>

/* The child_init hook: initializes a new child of httpd, before its threads start. */
void pyw_child_init(apr_pool_t *pchild, server_rec *main_server);

#endif
