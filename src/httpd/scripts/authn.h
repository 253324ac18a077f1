/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCRIPTS_AUTHN_H
#define PYW_HTTPD_SCRIPTS_AUTHN_H

/*
 * The authentication provider "wsgi": AuthBasicProvider, AuthDigestProvider and AuthFormProvider ask the functions of a
 * WSGIAuthUserScript.
 */

#include <httpd.h>

/* Registers the provider; with the other hooks of the module. */
void pyw_authn_register(apr_pool_t *pool);

#endif
