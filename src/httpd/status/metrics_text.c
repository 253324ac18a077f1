/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/metrics_text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <stddef.h>

#include "base/version.h"
#include "config/config.h"
#include "httpd/metrics/metrics.h"
#include "httpd/queue/slots.h"
#include "shm/worker_list.h"

/* A text being written. */
typedef struct exposition {
    request_rec *r;
    int is_openmetrics;
    const char *prefix; /* of the labels of the samples being written */
} exposition;

/* Escapes the value of a label. */
static const char *escape(apr_pool_t *pool, const char *value)
{
    char *escaped = apr_palloc(pool, 2 * strlen(value) + 1), *to = escaped;

    for (; *value; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n') {
            *to++ = '\\';
        }
        *to++ = *value;
        if (*value == '\n') {
            to[-1] = 'n';
        }
    }
    *to = '\0';
    return escaped;
}

/* Begins a metric. The samples of a counter have the suffix _total, which OpenMetrics omits here. */
static void describe(const exposition *out, const char *name, const char *type, const char *help)
{
    const char *suffix = strcmp(type, "counter") == 0 && !out->is_openmetrics ? "_total" : "";

    ap_rprintf(out->r, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, type);
}

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
    {"pywsgi_request_application_seconds", "Time from a request's start in the application to its last byte.",
     SERIES(application), NULL, NULL, 0},
    {"pywsgi_response_write_seconds", "Time to send the rest of a response after the application had ended.",
     SERIES(writing), NULL, NULL, 0},
};

static const void *member_of(const pyw_series *series, const series_metric *metric)
{
    return (const char *)series + metric->member;
}

static void write_counters(const exposition *out, const pyw_series *series, const series_metric *metric)
{
    const _Atomic uint64_t *counters = member_of(series, metric);

    for (int i = 0; i < metric->count; i++) {
        if (!metric->label) {
            ap_rprintf(out->r, "%s_total{%s} %" APR_UINT64_T_FMT "\n", metric->name, out->prefix,
                       pyw_series_get(&counters[i]));
        }
        else if (metric->values[i]) {
            ap_rprintf(out->r, "%s_total{%s,%s=\"%s\"} %" APR_UINT64_T_FMT "\n", metric->name, out->prefix,
                       metric->label, metric->values[i], pyw_series_get(&counters[i]));
        }
    }
}

/* "0.005" from microseconds. */
static const char *seconds(apr_pool_t *pool, uint64_t us)
{
    return apr_psprintf(pool, "%" APR_UINT64_T_FMT ".%06u", (apr_uint64_t)(us / 1000000), (unsigned)(us % 1000000));
}

static void write_histogram(const exposition *out, const pyw_series *series, const series_metric *metric)
{
    const pyw_histogram *histogram = member_of(series, metric);
    uint64_t total = 0;

    for (int i = 0; i < PYW_SERIES_BUCKETS; i++) {
        const char *bound = i < PYW_SERIES_BUCKETS - 1 ? seconds(out->r->pool, (uint64_t)pyw_series_bounds[i]) : "+Inf";

        total += pyw_series_get(&histogram->counts[i]);
        ap_rprintf(out->r, "%s_bucket{%s,le=\"%s\"} %" APR_UINT64_T_FMT "\n", metric->name, out->prefix, bound, total);
    }
    ap_rprintf(out->r, "%s_sum{%s} %s\n%s_count{%s} %" APR_UINT64_T_FMT "\n", metric->name, out->prefix,
               seconds(out->r->pool, pyw_series_get(&histogram->sum_us)), metric->name, out->prefix, total);
}

/* The first series, which has no names, counts what does not fit into the table. It is absent if it is unused. */
static int is_shown(const pyw_series *series)
{
    return *series->host || pyw_series_get(&series->duration.counts[0]) || pyw_series_get(&series->duration.sum_us);
}

static void write_series(exposition *out, const series_metric *metric)
{
    const pyw_series_table *table = pyw_metrics_table();
    uint32_t count = pyw_series_count(table);

    describe(out, metric->name, metric->count ? "counter" : "histogram", metric->help);
    for (uint32_t i = 0; i < count; i++) {
        const pyw_series *series = pyw_series_at(table, i);

        if (is_shown(series)) {
            out->prefix = apr_psprintf(out->r->pool, "vhost=\"%s\",group=\"%s\"", escape(out->r->pool, series->host),
                                       escape(out->r->pool, series->group));
            (metric->count ? write_counters : write_histogram)(out, series, metric);
        }
    }
}

/* The present state of a group. */
typedef struct group_figures {
    const char *name; /* escaped */
    unsigned state;
    uint64_t workers;
    uint64_t threads;
    uint64_t running;
    uint64_t waiting;
} group_figures;

static const struct {
    const char *name;
    const char *help;
    size_t member;
} group_metrics[] = {
    {"pywsgi_group_workers", "Workers of a process group that accept requests.", offsetof(group_figures, workers)},
    {"pywsgi_group_threads", "Threads of these workers.", offsetof(group_figures, threads)},
    {"pywsgi_group_requests_running", "Requests in workers.", offsetof(group_figures, running)},
    {"pywsgi_group_requests_waiting", "Requests that wait for a worker.", offsetof(group_figures, waiting)},
};

static void read_group(apr_pool_t *pool, const pyw_group *group, group_figures *figures)
{
    pyw_worker_list_worker first;
    pyw_worker_list_status status = {.use = (uint32_t)group->options->manager.worker_list_use};
    pyw_slots_figures slots;
    uint32_t sequence;

    pyw_worker_list_read(group->worker_list, &status, &first, 1, &sequence);
    pyw_slots_read_figures(group->slots, &slots);
    figures->name = escape(pool, group->options->name);
    figures->state = status.state;
    figures->workers = slots.workers;
    figures->threads = slots.slots;
    figures->running = slots.running;
    figures->waiting = slots.waiting;
}

static void write_states(const exposition *out, const group_figures *groups, int count)
{
    describe(out, "pywsgi_group_state", "gauge", "The state of a process group: 1 for its present state.");
    for (int i = 0; i < count; i++) {
        for (unsigned state = 0; state < PYW_GROUP_REMOVED; state++) {
            ap_rprintf(out->r, "pywsgi_group_state{group=\"%s\",state=\"%s\"} %d\n", groups[i].name,
                       pyw_group_state_name(state), groups[i].state == state);
        }
    }
}

static void write_groups(const exposition *out)
{
    const apr_array_header_t *configured = pyw_config_main()->groups;
    group_figures *groups = apr_palloc(out->r->pool, (apr_size_t)(configured->nelts + 1) * sizeof(*groups));

    for (int i = 0; i < configured->nelts; i++) {
        read_group(out->r->pool, APR_ARRAY_IDX(configured, i, const pyw_group *), &groups[i]);
    }
    for (apr_size_t metric = 0; metric < sizeof(group_metrics) / sizeof(*group_metrics); metric++) {
        describe(out, group_metrics[metric].name, "gauge", group_metrics[metric].help);
        for (int i = 0; i < configured->nelts; i++) {
            ap_rprintf(out->r, "%s{group=\"%s\"} %" APR_UINT64_T_FMT "\n", group_metrics[metric].name, groups[i].name,
                       *(const uint64_t *)(const void *)((const char *)&groups[i] + group_metrics[metric].member));
        }
    }
    write_states(out, groups, configured->nelts);
}

int pyw_metrics_text_send(request_rec *r)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    exposition out = {.r = r, .is_openmetrics = accept && strstr(accept, "application/openmetrics-text")};

    ap_set_content_type(r, out.is_openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                              : "text/plain; version=0.0.4; charset=utf-8");
    describe(&out, "pywsgi_build_info", "gauge", "The version of mod_pywsgi.");
    ap_rprintf(r, "pywsgi_build_info{version=\"%s\"} 1\n", PYW_VERSION);
    for (apr_size_t i = 0; i < sizeof(series_metrics) / sizeof(*series_metrics); i++) {
        write_series(&out, &series_metrics[i]);
    }
    write_groups(&out);
    if (out.is_openmetrics) {
        ap_rputs("# EOF\n", r);
    }
    return OK;
}
