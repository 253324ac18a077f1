/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCRIPTS_AUTHZ_H
#define PYW_HTTPD_SCRIPTS_AUTHZ_H

/* The authorization provider "wsgi-group": Require wsgi-group asks the function of a WSGIAuthGroupScript. */

#include <httpd.h>

/* Registers the provider; with the other hooks of the module. */
void pyw_authz_register(apr_pool_t *pool);

#endif
