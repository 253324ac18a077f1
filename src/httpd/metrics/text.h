/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_METRICS_TEXT_H
#define PYW_HTTPD_METRICS_TEXT_H

/*
 * Metrics as text: OpenMetrics 1.0 if the client accepts it, else the text format 0.0.4 of Prometheus.
 * docs/reference/metrics.md describes each metric.
 */

#include <httpd.h>

/* Sends the response, and returns the status of the handler. On the thread of the request. */
int pyw_metrics_text_send(request_rec *r);

#endif
