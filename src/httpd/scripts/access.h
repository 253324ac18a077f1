/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCRIPTS_ACCESS_H
#define PYW_HTTPD_SCRIPTS_ACCESS_H

/* WSGIAccessScript: a function decides about a request before the client has to authenticate. */

/* Registers the hook; with the other hooks of the module. */
void pyw_access_register(void);

#endif
