/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_METRICS_EXPOSITION_H
#define PYW_HTTPD_METRICS_EXPOSITION_H

/* The text format of Prometheus and OpenMetrics. On the thread of the request. */

#include <httpd.h>
#include <stdint.h>

#include "httpd/metrics/series.h"

/* A text being written. */
typedef struct pyw_exposition {
    request_rec *r;
    int is_openmetrics;
} pyw_exposition;

/* Begins a metric. The samples of a counter have the suffix _total. `type`: "counter", "gauge" or "histogram". */
void pyw_exposition_describe(const pyw_exposition *out, const char *name, const char *type, const char *help);

/* Escapes the value of a label. */
const char *pyw_exposition_escape(apr_pool_t *pool, const char *value);

/* 'vhost="www.example.org:443",group="shop"'. */
const char *pyw_exposition_labels(apr_pool_t *pool, const pyw_series *series);

/* "0.005000" from microseconds. */
const char *pyw_exposition_seconds(apr_pool_t *pool, uint64_t us);

#endif
