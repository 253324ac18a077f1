/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_PAGE_STACK_PAGE_H
#define PYW_HTTPD_STATUS_PAGE_STACK_PAGE_H

/* The answer to a POST to the handler pywsgi-status: the Python stack of a request. docs/reference/status.md. */

#include <httpd.h>

/* Reads the form, and sends the response. The status of the handler. On the thread of the request. */
int pyw_stack_page_send(request_rec *r);

#endif
