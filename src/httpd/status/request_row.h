/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_REQUEST_ROW_H
#define PYW_HTTPD_STATUS_REQUEST_ROW_H

/* A request in flight as a row of an HTML table. On the thread of the request that asked for the page. */

#include "httpd/status/page/html_table.h"
#include "httpd/status/report.h"

extern const char *const pyw_request_columns[];

/* While the application runs, the row ends with a button that posts the key of the request as `request`. */
void pyw_request_row_put(pyw_html_table *table, const pyw_report_request *shown);

#endif
