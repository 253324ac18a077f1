/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/server_status.h"

#include <httpd.h>

#include <apr_optional_hooks.h>
#include <http_config.h>
#include <http_protocol.h>
#include <mod_status.h>

#include "base/log.h"
#include "base/version.h"
#include "httpd/status/page/html_table.h"
#include "httpd/status/report.h"

static apr_uint64_t sum(const apr_uint64_t *numbers, int count)
{
    apr_uint64_t total = 0;

    for (int i = 0; i < count; i++) {
        total += numbers[i];
    }
    return total;
}

/* Writes a line for each number, in the form that mod_proxy_balancer uses for ?auto. */
static void put_lines(request_rec *r, int index, const pyw_report_group *group)
{
    const struct {
        const char *name;
        apr_uint64_t value;
    } numbers[] = {
        {"Workers", group->workers},
        {"Threads", group->threads},
        {"Running", group->running},
        {"Waiting", group->waiting},
        {"Requests", sum(group->requests, PYW_SERIES_CLASSES)},
        {"Requests5xx", group->requests[5]},
        {"Refused", group->refused},
        {"Restarts", sum(group->stats.restarts, PYW_RESTART_REASONS)},
    };
    char name[256];

    pyw_log_escape(name, sizeof(name), group->name, strlen(group->name));
    ap_rprintf(r, "PywsgiGroup[%d]Name: %s\nPywsgiGroup[%d]State: %s\n", index, name, index, group->state);
    for (apr_size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        ap_rprintf(r, "PywsgiGroup[%d]%s: %" APR_UINT64_T_FMT "\n", index, numbers[i].name, numbers[i].value);
    }
}

static void put_row(pyw_html_table *table, const pyw_report_group *group)
{
    pyw_html_table_row(table);
    pyw_html_table_text(table, "", group->name);
    pyw_html_table_text(table, "", group->state);
    pyw_html_table_number(table, group->workers);
    pyw_html_table_number(table, group->threads);
    pyw_html_table_number(table, group->running);
    pyw_html_table_number(table, group->waiting);
    pyw_html_table_number(table, sum(group->requests, PYW_SERIES_CLASSES));
    pyw_html_table_number(table, group->requests[5]);
    pyw_html_table_number(table, group->refused);
    pyw_html_table_number(table, sum(group->stats.restarts, PYW_RESTART_REASONS));
}

static void put_table(request_rec *r, const pyw_report *report)
{
    static const char *const columns[] = {"group",    "state", "workers", "threads",  "running", "waiting",
                                          "requests", "5xx",   "refused", "restarts", NULL};
    pyw_html_table table;

    ap_rputs("<hr />\n", r);
    pyw_html_table_begin(&table, r, "mod_pywsgi " PYW_VERSION, columns);
    for (int i = 0; i < report->groups->nelts; i++) {
        put_row(&table, &APR_ARRAY_IDX(report->groups, i, pyw_report_group));
    }
    pyw_html_table_end(&table);
}

/* AP_STATUS_NOTABLE: the client asked for a page without tables. */
static void put_preformatted(request_rec *r, const pyw_report *report)
{
    ap_rputs("<hr />\n<h2>mod_pywsgi " PYW_VERSION "</h2>\n<pre>\n", r);
    for (int i = 0; i < report->groups->nelts; i++) {
        const pyw_report_group *group = &APR_ARRAY_IDX(report->groups, i, pyw_report_group);

        ap_rvputs(r, ap_escape_html(r->pool, group->name), ": ", group->state, NULL);
        ap_rprintf(r,
                   ", %" APR_UINT64_T_FMT " workers, %" APR_UINT64_T_FMT " requests running, %" APR_UINT64_T_FMT
                   " waiting\n",
                   group->workers, group->running, group->waiting);
    }
    ap_rputs("</pre>\n", r);
}

static int show(request_rec *r, int flags)
{
    pyw_report report;

    pyw_report_read_groups(&report, r->pool);
    if (flags & AP_STATUS_SHORT) {
        for (int i = 0; i < report.groups->nelts; i++) {
            put_lines(r, i, &APR_ARRAY_IDX(report.groups, i, pyw_report_group));
        }
    }
    else if (flags & AP_STATUS_NOTABLE) {
        put_preformatted(r, &report);
    }
    else {
        put_table(r, &report);
    }
    return OK;
}

void pyw_server_status_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, show, NULL, NULL, APR_HOOK_MIDDLE);
}
