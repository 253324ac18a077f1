/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/page/page.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <http_protocol.h>
#include <string.h>

#include "config/config.h"
#include "httpd/status/page/html_page.h"
#include "httpd/status/page/html_table.h"
#include "httpd/status/page/page_json.h"
#include "httpd/status/report.h"
#include "httpd/status/request_row.h"

enum { REFRESH_SECONDS = 5 };

static int is_bad(const char *state)
{
    return strcmp(state, "broken") == 0 || strcmp(state, "down") == 0 || strcmp(state, "degraded") == 0 ||
           strcmp(state, "stuck") == 0;
}

static void put_state(pyw_html_table *table, const char *state)
{
    pyw_html_table_text(table, is_bad(state) ? "bad" : "", state);
}

static void put_group(pyw_html_table *table, const pyw_report_group *group)
{
    pyw_html_table_row(table);
    pyw_html_table_text(table, "", group->name);
    put_state(table, group->state);
    pyw_html_table_number(table, group->workers);
    pyw_html_table_number(table, group->threads);
    pyw_html_table_number(table, group->running);
    pyw_html_table_number(table, group->waiting);
    for (int i = 2; i < PYW_SERIES_CLASSES; i++) {
        pyw_html_table_number(table, group->requests[i]);
    }
    pyw_html_table_number(table, group->requests[0]);
    pyw_html_table_number(table, group->refused);
}

static void put_groups(request_rec *r, const pyw_report *report)
{
    static const char *const columns[] = {"group", "state", "workers", "threads", "running", "waiting", "2xx",
                                          "3xx",   "4xx",   "5xx",     "aborted", "refused", NULL};
    pyw_html_table table;

    pyw_html_table_begin(&table, r, "Process groups", columns);
    for (int i = 0; i < report->groups->nelts; i++) {
        put_group(&table, &APR_ARRAY_IDX(report->groups, i, pyw_report_group));
    }
    pyw_html_table_end(&table);
}

/* "2026-11-30 07:12:05 UTC" */
static const char *moment(apr_pool_t *pool, int64_t seconds)
{
    apr_time_exp_t at;

    if (apr_time_exp_gmt(&at, apr_time_from_sec(seconds)) != APR_SUCCESS) {
        return "?";
    }
    return apr_psprintf(pool, "%04d-%02d-%02d %02d:%02d:%02d UTC", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
                        at.tm_hour, at.tm_min, at.tm_sec);
}

static const char *last_reload(apr_pool_t *pool, const pyw_reload_record *reload)
{
    if (reload->at == 0) {
        return "none";
    }
    return apr_pstrcat(pool, moment(pool, reload->at), ", by ", pyw_reload_cause_name(reload->cause), ": ",
                       pyw_reload_result_name(reload->result), *reload->problem ? ": " : "", reload->problem, NULL);
}

/* "crash 2, reload 1" */
static const char *restarts(apr_pool_t *pool, const pyw_group_stats *stats)
{
    const char *text = "";

    for (unsigned i = 0; i < PYW_RESTART_REASONS; i++) {
        if (stats->restarts[i] > 0) {
            text = apr_psprintf(pool, "%s%s%s %" APR_UINT64_T_FMT, text, *text ? ", " : "", pyw_restart_reason_name(i),
                                stats->restarts[i]);
        }
    }
    return *text ? text : "none";
}

/* The share of the time of all threads that was spent on requests. */
static const char *used(apr_pool_t *pool, const pyw_group_stats *stats)
{
    return stats->capacity_us > 0
               ? apr_psprintf(pool, "%.1f %%", 100.0 * (double)stats->busy_us / (double)stats->capacity_us)
               : "-";
}

static void put_stats(request_rec *r, const pyw_report *report)
{
    static const char *const columns[] = {"group", "CPU time", "capacity used", "last reload", "restarts of workers",
                                          NULL};
    pyw_html_table table;

    pyw_html_table_begin(&table, r, "Since httpd was started", columns);
    for (int i = 0; i < report->groups->nelts; i++) {
        const pyw_report_group *group = &APR_ARRAY_IDX(report->groups, i, pyw_report_group);

        if (group->has_stats) {
            pyw_html_table_row(&table);
            pyw_html_table_text(&table, "", group->name);
            pyw_html_table_time(&table, group->stats.cpu_us / 1000);
            pyw_html_table_text(&table, "number", used(r->pool, &group->stats));
            pyw_html_table_text(&table, group->stats.reload.result == PYW_RELOAD_FAILED ? "text bad" : "text",
                                last_reload(r->pool, &group->stats.reload));
            pyw_html_table_text(&table, "text", restarts(r->pool, &group->stats));
        }
    }
    pyw_html_table_end(&table);
}

static void put_worker(pyw_html_table *table, const pyw_report_group *group, const pyw_worker_stats *worker)
{
    request_rec *r = table->r;

    pyw_html_table_row(table);
    pyw_html_table_text(table, "", group->name);
    pyw_html_table_number(table, worker->pid);
    put_state(table, pyw_worker_state_name(worker->state));
    pyw_html_table_time(table, pyw_report_age(worker->started));
    pyw_html_table_text(table, "number", apr_psprintf(r->pool, "%u of %u", worker->busy, worker->threads));
    pyw_html_table_number(table, worker->served);
    pyw_html_table_time(table, worker->cpu_us / 1000);
    pyw_html_table_size(table, worker->resident);
    pyw_html_table_size(table, worker->proportional);
}

static void put_workers(request_rec *r, const pyw_report *report)
{
    static const char *const columns[] = {"group",    "pid",      "state", "age", "busy threads",
                                          "requests", "CPU time", "RSS",   "PSS", NULL};
    pyw_html_table table;

    pyw_html_table_begin(&table, r, "Workers", columns);
    for (int i = 0; i < report->groups->nelts; i++) {
        const pyw_report_group *group = &APR_ARRAY_IDX(report->groups, i, pyw_report_group);

        for (int j = 0; j < group->processes->nelts; j++) {
            put_worker(&table, group, &APR_ARRAY_IDX(group->processes, j, pyw_worker_stats));
        }
    }
    pyw_html_table_end(&table);
}

static void put_requests(request_rec *r, const pyw_report *report)
{
    const char *heading = apr_psprintf(r->pool, "Requests in flight: %d", report->requests->nelts);
    pyw_html_table table;

    pyw_html_table_begin(&table, r, heading, pyw_request_columns);
    for (int i = 0; i < report->requests->nelts; i++) {
        pyw_request_row_put(&table, &APR_ARRAY_IDX(report->requests, i, pyw_report_request));
    }
    pyw_html_table_end(&table);
}

static void put_faults(request_rec *r, const pyw_report *report)
{
    static const char *const columns[] = {"time", "tag", "group", "pid", "id", "error", NULL};
    pyw_html_table table;

    pyw_html_table_begin(&table, r, "Last errors", columns);
    for (int i = 0; i < report->faults->nelts; i++) {
        const pyw_fault *fault = &APR_ARRAY_IDX(report->faults, i, pyw_fault);

        pyw_html_table_row(&table);
        pyw_html_table_text(&table, "", moment(r->pool, fault->at / APR_USEC_PER_SEC));
        pyw_html_table_text(&table, "", fault->tag);
        pyw_html_table_text(&table, "", *fault->group ? fault->group : "-");
        pyw_html_table_number(&table, fault->pid);
        pyw_html_table_text(&table, "", *fault->id ? fault->id : "-");
        pyw_html_table_text(&table, "text", fault->text);
    }
    pyw_html_table_end(&table);
}

static void put_drain(request_rec *r, const pyw_report *report)
{
    const pyw_report_group *first = (const pyw_report_group *)report->groups->elts;

    if (report->groups->nelts > 0 && first->drains) {
        ap_rputs("<p class=\"bad\">httpd drains: it is not ready for a load balancer, and stops gracefully (pywsgi "
                 "drain).</p>\n",
                 r);
    }
}

static void put_html(request_rec *r, const pyw_report *report)
{
    pyw_html_page_begin(r, REFRESH_SECONDS);
    put_drain(r, report);
    put_groups(r, report);
    put_requests(r, report);
    put_workers(r, report);
    put_stats(r, report);
    put_faults(r, report);
    ap_rputs("<p><a href=\"?json\">JSON</a></p>\n", r);
    pyw_html_page_end(r);
}

int pyw_page_send(request_rec *r)
{
    pyw_report report;

    pyw_report_read(&report, r->pool, pyw_config_request(r)->status_hides_query == PYW_ON);
    if (r->args && strcmp(r->args, "json") == 0) {
        pyw_page_json_put(r, &report);
    }
    else {
        put_html(r, &report);
    }
    return OK;
}
