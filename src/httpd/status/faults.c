/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/faults.h"

#include <errno.h>
#include <http_config.h>
#include <http_log.h>
#include <http_main.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "httpd/child_context.h"
#include "httpd/metrics/metrics.h"
#include "httpd/queue/shared_memory.h"
#include "httpd/shared_segment.h"
#include "httpd/status/board.h"

APLOG_USE_MODULE(pywsgi);

pyw_result pyw_httpd_faults_prepare(void)
{
    int is_new;

    pyw_httpd_child.faults = pyw_shared_segment("faults", sizeof(pyw_faults), &is_new);
    if (!pyw_httpd_child.faults) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, ap_server_conf,
                     PYWNO(0265) "no shared memory for the list of the last errors");
        return PYW_FAILED;
    }
    return PYW_OK;
}

void pyw_httpd_faults_note(const ap_errorlog_info *info, const char *text)
{
    pyw_faults *faults = pyw_httpd_child.faults;
    const pyw_board_request *request;
    const char *group = NULL;

    if (!faults || info->module_index != APLOG_MODULE_INDEX || !pyw_faults_is_one((pyw_log_level)info->level, text)) {
        return;
    }
    request = pyw_board_current();
    if (request) {
        group = pyw_series_at(pyw_metrics_table(), request->series)->group;
    }
    pyw_faults_add(faults, (uint32_t)getpid(), group, request ? request->id : NULL, text);
}

static int compare_times(const void *one, const void *other)
{
    const pyw_fault *first = one, *second = other;

    return (first->at < second->at) - (first->at > second->at);
}

static void add(apr_array_header_t *all, const pyw_faults *ring)
{
    pyw_fault found[PYW_FAULTS];
    int count = ring ? pyw_faults_read(ring, found) : 0;

    for (int i = 0; i < count; i++) {
        APR_ARRAY_PUSH(all, pyw_fault) = found[i];
    }
}

/* A URL has no spaces. The record may continue with a colon directly after it: "GET /a?b: the application ...". */
static void remove_queries(char *text)
{
    char *query = text;

    while ((query = strchr(query, '?')) != NULL) {
        char *end = query + strcspn(query, " ");

        end -= end[-1] == ':';
        memmove(query, end, strlen(end) + 1);
    }
}

apr_array_header_t *pyw_httpd_faults_read(apr_pool_t *pool, int hide_query)
{
    apr_array_header_t *all = apr_array_make(pool, 2 * PYW_FAULTS, sizeof(pyw_fault));
    const pyw_group_stats_table *manager = pyw_shared_memory_stats();

    add(all, pyw_httpd_child.faults);
    add(all, manager ? &manager->faults : NULL);
    qsort(all->elts, (size_t)all->nelts, sizeof(pyw_fault), compare_times);
    all->nelts = all->nelts < PYW_FAULTS ? all->nelts : PYW_FAULTS;
    for (int i = 0; hide_query && i < all->nelts; i++) {
        remove_queries(APR_ARRAY_IDX(all, i, pyw_fault).text);
    }
    return all;
}
