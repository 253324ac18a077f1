/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_METRICS_METRICS_H
#define PYW_HTTPD_METRICS_METRICS_H

/* Counts the requests of applications in memory that httpd's processes share and that persists over restarts. */

#include <httpd.h>

#include "base/result.h"
#include "httpd/metrics/series.h"
#include "httpd/target.h"

/* In httpd's parent, before the children start. PYW_FAILED: out of memory, which was logged; httpd cannot serve. */
pyw_result pyw_metrics_prepare(void);

/* In a new child, before its threads start. */
void pyw_metrics_child_init(apr_pool_t *pchild, server_rec *main_server);

/* The series of a request in a group; NULL: an embedded application. In a child, on the thread of the request. */
pyw_series *pyw_metrics_series(request_rec *r, const pyw_group *group);

/*
 * Counts a request in its series when it has ended. `status`: the return value of the handler. On the thread of the
 * request.
 */
void pyw_metrics_count(request_rec *r, const pyw_target *target, int status);

/* All series. */
const pyw_series_table *pyw_metrics_table(void);

#endif
