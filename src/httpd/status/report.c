/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/report.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "httpd/metrics/metrics.h"
#include "httpd/queue/shared_memory.h"
#include "httpd/queue/slots.h"
#include "httpd/status/in_flight.h"
#include "shm/worker_list.h"

#define EMBEDDED "%{GLOBAL}"

/* The entry of the group in the counters of the manager; NULL: it has none yet. */
static const pyw_group_stats_entry *find_stats(const char *name)
{
    const pyw_group_stats_table *table = pyw_shared_memory_stats();
    uint32_t count = table ? pyw_group_stats_count(table) : 0;

    for (uint32_t i = 0; i < count; i++) {
        if (strncmp(table->entries[i].name, name, PYW_GROUP_STATS_NAME - 1) == 0) {
            return &table->entries[i];
        }
    }
    return NULL;
}

static void read_processes(pyw_report_group *added, apr_pool_t *pool, const pyw_group *group)
{
    const pyw_worker_stats_list *list = &group->worker_list->stats;
    uint32_t use = (uint32_t)group->options->manager.worker_list_use;
    uint32_t count = pyw_worker_stats_count(list, use);

    added->processes = apr_array_make(pool, (int)count + 1, sizeof(pyw_worker_stats));
    added->processes->nelts = (int)pyw_worker_stats_read(list, use, (void *)added->processes->elts, count);
    for (int i = 0; i < added->processes->nelts; i++) {
        const pyw_worker_stats *worker = &APR_ARRAY_IDX(added->processes, i, pyw_worker_stats);

        added->states[worker->state < PYW_WORKER_STATES ? worker->state : PYW_WORKER_STOPPING]++;
        added->busy += worker->busy;
        added->resident += worker->resident;
        added->proportional += worker->proportional;
    }
}

static void add_group(apr_array_header_t *groups, const pyw_group *group)
{
    pyw_report_group *added = apr_array_push(groups);
    pyw_worker_list_worker first;
    pyw_worker_list_status status = {.use = (uint32_t)group->options->manager.worker_list_use};
    const pyw_group_stats_entry *stats = find_stats(group->options->name);
    pyw_slots_figures figures;
    uint32_t sequence;

    pyw_worker_list_read(group->worker_list, &status, &first, 1, &sequence);
    pyw_slots_read_figures(group->slots, &figures);
    added->name = group->options->name;
    added->state = pyw_group_state_name(status.state);
    added->drains = status.drains != 0;
    added->workers = figures.workers;
    added->threads = figures.slots;
    added->running = figures.running;
    added->waiting = figures.waiting;
    added->has_stats = stats && pyw_group_stats_read(stats, &added->stats);
    read_processes(added, groups->pool, group);
}

static pyw_report_group *find_report_group(apr_array_header_t *groups, const char *name)
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
    pyw_report_group *group = find_report_group(groups, series->group);

    if (!group && strcmp(series->group, EMBEDDED) == 0) {
        group = apr_array_push(groups);
        group->name = EMBEDDED;
        group->processes = apr_array_make(groups->pool, 1, sizeof(pyw_worker_stats));
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

const char *pyw_report_class_name(unsigned index)
{
    static const char *const names[PYW_SERIES_CLASSES] = {"aborted", "1xx", "2xx", "3xx", "4xx", "5xx"};

    return names[index];
}

apr_uint64_t pyw_report_age(int64_t started)
{
    int64_t now = pyw_clock_ms();

    return now > started ? (apr_uint64_t)(now - started) : 0;
}

/* 0: no request. */
static int read_request(pyw_report_request *found, uint32_t index, int hide_query)
{
    int64_t now = pyw_clock_us();
    const pyw_series *series;

    memset(found, 0, sizeof(*found));
    found->phase = pyw_board_read(pyw_in_flight_board(), index, &found->request, &found->place);
    series = pyw_series_at(pyw_metrics_table(), found->request.series);
    found->vhost = series->host;
    found->group = series->group;
    found->age = now > found->request.arrival ? (apr_uint64_t)(now - found->request.arrival) / 1000 : 0;
    found->request.url[hide_query ? strcspn(found->request.url, "?") : strlen(found->request.url)] = '\0';
    apr_snprintf(found->key, sizeof(found->key), "%u-%" APR_INT64_T_FMT, (unsigned)index, found->request.arrival);
    return found->phase != PYW_BOARD_IDLE;
}

static void read_requests(pyw_report *report, int hide_query)
{
    for (uint32_t i = 0; i < pyw_board_capacity(pyw_in_flight_board()); i++) {
        pyw_report_request found;

        if (read_request(&found, i, hide_query)) {
            APR_ARRAY_PUSH(report->requests, pyw_report_request) = found;
        }
    }
    qsort(report->requests->elts, (size_t)report->requests->nelts, sizeof(pyw_report_request), compare_ages);
}

int pyw_report_find_request(pyw_report_request *found, const char *key, int hide_query)
{
    unsigned long index = strtoul(key, NULL, 10);

    return index < pyw_board_capacity(pyw_in_flight_board()) && read_request(found, (uint32_t)index, hide_query) &&
           strcmp(found->key, key) == 0;
}

void pyw_report_read_groups(pyw_report *report, apr_pool_t *pool)
{
    report->groups = apr_array_make(pool, 8, sizeof(pyw_report_group));
    report->requests = report->faults = NULL;
    read_groups(report);
}

void pyw_report_read(pyw_report *report, apr_pool_t *pool, int hide_query)
{
    pyw_report_read_groups(report, pool);
    report->requests = apr_array_make(pool, 32, sizeof(pyw_report_request));
    report->faults = pyw_httpd_faults_read(pool, hide_query);
    read_requests(report, hide_query);
}
