/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_PAGE_PAGE_H
#define PYW_HTTPD_STATUS_PAGE_PAGE_H

/* The handler pywsgi-status: an HTML page, or JSON with the query string "json". docs/reference/status.md. */

#include <httpd.h>

/* Sends the response, and returns the status of the handler. On the thread of the request. */
int pyw_page_send(request_rec *r);

#endif
