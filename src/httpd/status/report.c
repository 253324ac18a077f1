/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "httpd/metrics/metrics.h"
#include "httpd/queue/slots.h"
#include "httpd/status/in_flight.h"
#include "shm/worker_list.h"

#define EMBEDDED "%{GLOBAL}"

static void add_group(apr_array_header_t *groups, const pyw_group *group)
{
    pyw_report_group *added = apr_array_push(groups);
    pyw_worker_list_worker first;
    pyw_worker_list_status status = {.use = (uint32_t)group->options->manager.worker_list_use};
    pyw_slots_figures figures;
    uint32_t sequence;

    pyw_worker_list_read(group->worker_list, &status, &first, 1, &sequence);
    pyw_slots_read_figures(group->slots, &figures);
    added->name = group->options->name;
    added->state = pyw_group_state_name(status.state);
    added->workers = figures.workers;
    added->threads = figures.slots;
    added->running = figures.running;
    added->waiting = figures.waiting;
}

static pyw_report_group *find_group(apr_array_header_t *groups, const char *name)
{
    for (int i = 0; i < groups->nelts; i++) {
        pyw_report_group *group = &APR_ARRAY_IDX(groups, i, pyw_report_group);

        if (strcmp(group->name, name) == 0) {
            return group;
        }
    }
    return NULL;
}

/* Adds the counters of a series. Groups that are not configured any more are not shown. */
static void add_series(apr_array_header_t *groups, const pyw_series *series)
{
    pyw_report_group *group = find_group(groups, series->group);

    if (!group && strcmp(series->group, EMBEDDED) == 0) {
        group = apr_array_push(groups);
        group->name = EMBEDDED;
        group->state = "running";
    }
    for (int i = 0; group && i < PYW_SERIES_CLASSES; i++) {
        group->requests[i] += pyw_series_get(&series->requests[i]);
    }
    for (int i = 0; group && i < PYW_REFUSALS; i++) {
        group->refused += pyw_series_get(&series->refused[i]);
    }
}

static void read_groups(pyw_report *report)
{
    const apr_array_header_t *configured = pyw_config_main()->groups;
    const pyw_series_table *table = pyw_metrics_table();

    for (int i = 0; i < configured->nelts; i++) {
        add_group(report->groups, APR_ARRAY_IDX(configured, i, const pyw_group *));
    }
    for (uint32_t i = 1; i < pyw_series_count(table); i++) {
        add_series(report->groups, pyw_series_at(table, i));
    }
}

static int compare_ages(const void *one, const void *other)
{
    const pyw_report_request *first = one, *second = other;

    return (first->age < second->age) - (first->age > second->age);
}

static void read_requests(pyw_report *report, int hide_query)
{
    const pyw_board *board = pyw_in_flight_board();
    int64_t now = pyw_clock_us();

    for (uint32_t i = 0; i < pyw_board_capacity(board); i++) {
        pyw_report_request found = {0};
        pyw_board_phase phase = pyw_board_read(board, i, &found.request, &found.worker);

        if (phase != PYW_BOARD_IDLE) {
            found.phase = pyw_board_phase_name(phase);
            found.age = now > found.request.arrival ? (apr_uint64_t)(now - found.request.arrival) / 1000 : 0;
            found.request.url[hide_query ? strcspn(found.request.url, "?") : strlen(found.request.url)] = '\0';
            APR_ARRAY_PUSH(report->requests, pyw_report_request) = found;
        }
    }
    qsort(report->requests->elts, (size_t)report->requests->nelts, sizeof(pyw_report_request), compare_ages);
}

void pyw_report_read(pyw_report *report, apr_pool_t *pool, int hide_query)
{
    report->groups = apr_array_make(pool, 8, sizeof(pyw_report_group));
    report->requests = apr_array_make(pool, 32, sizeof(pyw_report_request));
    read_groups(report);
    read_requests(report, hide_query);
}
