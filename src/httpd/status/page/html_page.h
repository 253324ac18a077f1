/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_PAGE_HTML_PAGE_H
#define PYW_HTTPD_STATUS_PAGE_HTML_PAGE_H

/* The frame of an HTML page of the status handler. On the thread of the request. */

#include <httpd.h>

/* Sets headers, and writes the beginning of a page. `seconds`: the browser loads it again after them; 0: never. */
void pyw_html_page_begin(request_rec *r, int seconds);
void pyw_html_page_end(request_rec *r);

#endif
