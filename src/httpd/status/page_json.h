/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_PAGE_JSON_H
#define PYW_HTTPD_STATUS_PAGE_JSON_H

/* The status page as JSON: docs/reference/status.md describes the members. On the thread of the request. */

#include "httpd/status/report.h"

void pyw_page_json_put(request_rec *r, const pyw_report *report);

#endif
