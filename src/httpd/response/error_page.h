/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_ERROR_PAGE_H
#define PYW_HTTPD_RESPONSE_ERROR_PAGE_H

#include <httpd.h>

/*
 * For a request that ends with a 5xx of httpd or mod_pywsgi: sets the variable PYWSGI_ERROR_ID, for ErrorDocument and
 * logs, and a page that shows the id if there is no ErrorDocument. `status`: the handler's result. On the thread of the
 * request.
 */
void pyw_error_page_prepare(request_rec *r, int status);

#endif
