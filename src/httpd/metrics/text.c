/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/metrics/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <stddef.h>

#include "base/version.h"
#include "httpd/metrics/exposition.h"
#include "httpd/metrics/groups.h"
#include "httpd/metrics/in_flight.h"
#include "httpd/metrics/metrics.h"

/* A metric of httpd's series: a counter for each value of a label, a single counter, or a histogram. */
typedef struct series_metric {
    const char *name;
    const char *help;
    size_t member;
    const char *label; /* NULL: a single counter */
    const char *const *values;
    int count; /* 0: a histogram */
} series_metric;

static const char *const classes[PYW_SERIES_CLASSES] = {"aborted", "1xx", "2xx", "3xx", "4xx", "5xx"};
static const char *const reasons[PYW_REFUSALS] = {
    [PYW_REFUSED_NOT] = NULL,
    [PYW_REFUSED_FULL] = "queue_full",
    [PYW_REFUSED_LATE] = "queue_timeout",
    [PYW_REFUSED_DOWN] = "group_down",
    [PYW_REFUSED_DEADLINE] = "deadline",
    [PYW_REFUSED_LEFT] = "client_left",
    [PYW_REFUSED_BLOCKED] = "queue_blocked",
};

#define SERIES(member) offsetof(pyw_series, member)

static const series_metric series_metrics[] = {
    {"pywsgi_requests", "Requests by class of the response's status.", SERIES(requests), "code", classes,
     PYW_SERIES_CLASSES},
    {"pywsgi_requests_refused", "Requests that no worker got, by reason.", SERIES(refused), "reason", reasons,
     PYW_REFUSALS},
    {"pywsgi_request_body_bytes", "Bytes of request bodies.", SERIES(request_bytes), NULL, NULL, 1},
    {"pywsgi_response_body_bytes", "Bytes of response bodies.", SERIES(response_bytes), NULL, NULL, 1},
    {"pywsgi_request_duration_seconds", "Time from a request's arrival to the end of its response.", SERIES(duration),
     NULL, NULL, 0},
    {"pywsgi_request_body_seconds", "Time to read a request body before a worker gets the request.", SERIES(body), NULL,
     NULL, 0},
    {"pywsgi_request_queue_seconds", "Time that a request waited for a worker.", SERIES(queue), NULL, NULL, 0},
    {"pywsgi_request_gil_wait_seconds", "Time that a request waited for the GIL before its application was called.",
     SERIES(gil), NULL, NULL, 0},
    {"pywsgi_request_application_seconds", "Time from a request's start in the application to its last byte.",
     SERIES(application), NULL, NULL, 0},
    {"pywsgi_response_write_seconds", "Time to send the rest of a response after the application had ended.",
     SERIES(writing), NULL, NULL, 0},
};

static const void *member_of(const pyw_series *series, const series_metric *metric)
{
    return (const char *)series + metric->member;
}

static void write_counters(const pyw_exposition *out, const char *prefix, const pyw_series *series,
                           const series_metric *metric)
{
    const _Atomic uint64_t *counters = member_of(series, metric);

    for (int i = 0; i < metric->count; i++) {
        if (!metric->label) {
            ap_rprintf(out->r, "%s_total{%s} %" APR_UINT64_T_FMT "\n", metric->name, prefix,
                       pyw_series_get(&counters[i]));
        }
        else if (metric->values[i]) {
            ap_rprintf(out->r, "%s_total{%s,%s=\"%s\"} %" APR_UINT64_T_FMT "\n", metric->name, prefix, metric->label,
                       metric->values[i], pyw_series_get(&counters[i]));
        }
    }
}

static void write_histogram(const pyw_exposition *out, const char *prefix, const pyw_series *series,
                            const series_metric *metric)
{
    const pyw_histogram *histogram = member_of(series, metric);
    uint64_t total = 0;

    for (int i = 0; i < PYW_SERIES_BUCKETS; i++) {
        const char *bound =
            i < PYW_SERIES_BUCKETS - 1 ? pyw_exposition_seconds(out->r->pool, (uint64_t)pyw_series_bounds[i]) : "+Inf";

        total += pyw_series_get(&histogram->counts[i]);
        ap_rprintf(out->r, "%s_bucket{%s,le=\"%s\"} %" APR_UINT64_T_FMT "\n", metric->name, prefix, bound, total);
    }
    ap_rprintf(out->r, "%s_sum{%s} %s\n%s_count{%s} %" APR_UINT64_T_FMT "\n", metric->name, prefix,
               pyw_exposition_seconds(out->r->pool, pyw_series_get(&histogram->sum_us)), metric->name, prefix, total);
}

static void write_series(const pyw_exposition *out, const series_metric *metric)
{
    const pyw_series_table *table = pyw_metrics_table();
    uint32_t count = pyw_series_count(table);

    pyw_exposition_describe(out, metric->name, metric->count ? "counter" : "histogram", metric->help);
    for (uint32_t i = 0; i < count; i++) {
        const pyw_series *series = pyw_series_at(table, i);

        if (pyw_series_is_used(series)) {
            (metric->count ? write_counters : write_histogram)(out, pyw_exposition_labels(out->r->pool, series), series,
                                                               metric);
        }
    }
}

int pyw_metrics_text_send(request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    pyw_exposition out = {.r = r, .is_openmetrics = accept && strstr(accept, "application/openmetrics-text")};

    ap_set_content_type(r, out.is_openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                              : "text/plain; version=0.0.4; charset=utf-8");
    pyw_exposition_describe(&out, "pywsgi_build_info", "gauge", "The version of mod_pywsgi.");
    ap_rprintf(r, "pywsgi_build_info{version=\"%s\"} 1\n", PYW_VERSION);
    for (apr_size_t i = 0; i < sizeof(series_metrics) / sizeof(*series_metrics); i++) {
        write_series(&out, &series_metrics[i]);
    }
    pyw_metrics_in_flight_write(&out);
    pyw_metrics_groups_write(&out);
    if (out.is_openmetrics) {
        ap_rputs("# EOF\n", r);
    }
    return OK;
}
