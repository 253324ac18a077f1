/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_PAGE_PAGE_JSON_H
#define PYW_HTTPD_STATUS_PAGE_PAGE_JSON_H

/* The status page as JSON: docs/reference/status.md describes the members. On the thread of the request. */

#include "httpd/status/report.h"
#include "httpd/status/request_stack.h"

void pyw_page_json_put(request_rec *r, const pyw_report *report);

/* The stack of a request in flight. `request` NULL: it has ended. */
void pyw_page_json_put_stack(request_rec *r, const pyw_report_request *request, const pyw_request_stack *stack);

#endif
