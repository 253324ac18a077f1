/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_HANDLER_H
#define PYW_HTTPD_HANDLER_H

#include <httpd.h>

/* The content handler "wsgi-script": checks the script, resolves its target, and serves the request. */
int pyw_handler(request_rec *r);

/* The optional function pywsgi_process_group of mod_pywsgi.h. */
const char *pyw_handler_process_group(request_rec *r);

#endif
