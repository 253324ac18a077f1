/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/metrics/groups.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <stddef.h>

#include "config/config.h"
#include "httpd/queue/shared_memory.h"
#include "httpd/status/report.h"

#define GROUP(member) offsetof(pyw_report_group, member)
#define STATS(member) offsetof(pyw_group_stats, member)

/* A gauge for each configured group. */
static const struct {
    const char *name;
    const char *help;
    size_t member;
} gauges[] = {
    {"pywsgi_group_workers", "Workers of a process group that accept requests.", GROUP(workers)},
    {"pywsgi_group_threads", "Threads of these workers.", GROUP(threads)},
    {"pywsgi_group_threads_busy", "Threads of all workers that run a request.", GROUP(busy)},
    {"pywsgi_group_requests_running", "Requests in workers.", GROUP(running)},
    {"pywsgi_group_requests_waiting", "Requests that wait for a worker.", GROUP(waiting)},
    {"pywsgi_group_resident_memory_bytes", "Resident memory of all workers; shared pages count in each.",
     GROUP(resident)},
    {"pywsgi_group_proportional_memory_bytes", "Memory of all workers; shared pages count once.", GROUP(proportional)},
};

/* A time that the manager counts, for each group since httpd's start. */
static const struct {
    const char *name;
    const char *help;
    size_t member; /* microseconds */
} times[] = {
    {"pywsgi_group_cpu_seconds", "User and system time of the workers.", STATS(cpu_us)},
    {"pywsgi_group_busy_thread_seconds", "Time that threads spent on requests, sampled once a second.", STATS(busy_us)},
    {"pywsgi_group_thread_seconds", "Time that threads existed in workers that accept requests.", STATS(capacity_us)},
};

static uint64_t number_at(const void *start, size_t member)
{
    return *(const uint64_t *)(const void *)((const char *)start + member);
}

static const char *label_of(const pyw_exposition *out, const char *group)
{
    return apr_psprintf(out->r->pool, "group=\"%s\"", pyw_exposition_escape(out->r->pool, group));
}

/* The number of configured groups, which come first in a report. */
static int count_configured(void)
{
    return pyw_config_main()->groups->nelts;
}

static void write_gauges(const pyw_exposition *out, const pyw_report *report)
{
    for (apr_size_t i = 0; i < sizeof(gauges) / sizeof(*gauges); i++) {
        pyw_exposition_describe(out, gauges[i].name, "gauge", gauges[i].help);
        for (int j = 0; j < count_configured(); j++) {
            const pyw_report_group *group = &APR_ARRAY_IDX(report->groups, j, pyw_report_group);

            ap_rprintf(out->r, "%s{%s} %" APR_UINT64_T_FMT "\n", gauges[i].name, label_of(out, group->name),
                       number_at(group, gauges[i].member));
        }
    }
}

static void write_states(const pyw_exposition *out, const pyw_report *report)
{
    pyw_exposition_describe(out, "pywsgi_group_state", "gauge",
                            "The state of a process group: 1 for its present state.");
    for (int i = 0; i < count_configured(); i++) {
        const pyw_report_group *group = &APR_ARRAY_IDX(report->groups, i, pyw_report_group);

        for (unsigned state = 0; state < PYW_GROUP_REMOVED; state++) {
            ap_rprintf(out->r, "pywsgi_group_state{%s,state=\"%s\"} %d\n", label_of(out, group->name),
                       pyw_group_state_name(state), strcmp(group->state, pyw_group_state_name(state)) == 0);
        }
    }
    pyw_exposition_describe(out, "pywsgi_group_processes", "gauge", "Workers of a process group, by state.");
    for (int i = 0; i < count_configured(); i++) {
        const pyw_report_group *group = &APR_ARRAY_IDX(report->groups, i, pyw_report_group);

        for (unsigned state = 0; state < PYW_WORKER_STATES; state++) {
            ap_rprintf(out->r, "pywsgi_group_processes{%s,state=\"%s\"} %" APR_UINT64_T_FMT "\n",
                       label_of(out, group->name), pyw_worker_state_name(state), group->states[state]);
        }
    }
}

static void write_reloads(const pyw_exposition *out, const pyw_report *report)
{
    pyw_exposition_describe(out, "pywsgi_group_last_reload_timestamp_seconds", "gauge",
                            "When the last reload of a process group began.");
    for (int i = 0; i < count_configured(); i++) {
        const pyw_report_group *group = &APR_ARRAY_IDX(report->groups, i, pyw_report_group);

        if (group->has_stats && group->stats.reload.at != 0) {
            ap_rprintf(out->r,
                       "pywsgi_group_last_reload_timestamp_seconds{%s,cause=\"%s\",result=\"%s\"} "
                       "%" APR_INT64_T_FMT "\n",
                       label_of(out, group->name), pyw_reload_cause_name(group->stats.reload.cause),
                       pyw_reload_result_name(group->stats.reload.result), group->stats.reload.at);
        }
    }
}

/* Omits counters that the manager is writing, because their values may be inconsistent. */
static void write_restarts(const pyw_exposition *out, const char *label, const pyw_group_stats *stats)
{
    for (unsigned reason = 0; reason < PYW_RESTART_REASONS; reason++) {
        ap_rprintf(out->r, "pywsgi_worker_restarts_total{%s,reason=\"%s\"} %" APR_UINT64_T_FMT "\n", label,
                   pyw_restart_reason_name(reason), stats->restarts[reason]);
    }
}

static void write_counters(const pyw_exposition *out, const pyw_group_stats_table *table)
{
    uint32_t count = pyw_group_stats_count(table);
    pyw_group_stats stats;

    pyw_exposition_describe(out, "pywsgi_worker_restarts", "counter", "Workers that were replaced, by reason.");
    for (uint32_t i = 0; i < count; i++) {
        if (pyw_group_stats_read(&table->entries[i], &stats)) {
            write_restarts(out, label_of(out, table->entries[i].name), &stats);
        }
    }
    for (apr_size_t time = 0; time < sizeof(times) / sizeof(*times); time++) {
        pyw_exposition_describe(out, times[time].name, "counter", times[time].help);
        for (uint32_t i = 0; i < count; i++) {
            if (pyw_group_stats_read(&table->entries[i], &stats)) {
                ap_rprintf(out->r, "%s_total{%s} %s\n", times[time].name, label_of(out, table->entries[i].name),
                           pyw_exposition_seconds(out->r->pool, number_at(&stats, times[time].member)));
            }
        }
    }
}

void pyw_metrics_groups_write(const pyw_exposition *out)
{
    pyw_report report;

    pyw_report_read_groups(&report, out->r->pool);
    write_gauges(out, &report);
    write_states(out, &report);
    write_reloads(out, &report);
    if (pyw_shared_memory_stats()) {
        write_counters(out, pyw_shared_memory_stats());
    }
}
