/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCRIPTS_TLS_H
#define PYW_HTTPD_SCRIPTS_TLS_H

/* The variables of mod_ssl for functions of scripts: mod_ssl.var_lookup. */

#include <httpd.h>

/* Finds mod_ssl; with the other hooks of the module. */
void pyw_tls_register(void);

/* Adds an argument for each variable of the client's TLS connection that has a value. On the thread of the request. */
void pyw_tls_add_variables(apr_table_t *arguments, request_rec *r);

#endif
