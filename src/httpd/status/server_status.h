/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_SERVER_STATUS_H
#define PYW_HTTPD_STATUS_SERVER_STATUS_H

/* The section of mod_pywsgi on the page of mod_status, if that module is loaded: the process groups. */

/* Registers the hook, in register_hooks. */
void pyw_server_status_register(void);

#endif
