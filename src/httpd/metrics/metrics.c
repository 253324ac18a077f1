/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/metrics/metrics.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_config.h>
#include <http_log.h>
#include <http_main.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/child_context.h"
#include "httpd/queue/shared_memory.h"
#include "httpd/shared_segment.h"

APLOG_USE_MODULE(pywsgi);

pyw_result pyw_metrics_prepare(void)
{
    pyw_series_table *table;
    int is_new;

    table = pyw_httpd_child.series = pyw_shared_segment("metrics", pyw_series_table_size(), &is_new);
    if (!table || (is_new && pyw_series_table_init(table) != 0)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, ap_server_conf,
                     PYWNO(0212) "no shared memory for the metrics of requests");
        return PYW_FAILED;
    }
    return PYW_OK;
}

/* Series that this child has used, by virtual host: for each host, embedded mode and then each group. */
void pyw_metrics_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    apr_size_t count = 1 + (apr_size_t)pyw_shared_memory_size();

    for (server_rec *server = main_server; server; server = server->next) {
        pyw_config_server(server)->series = apr_pcalloc(pchild, count * sizeof(pyw_series *));
    }
}

const pyw_series_table *pyw_metrics_table(void)
{
    return pyw_httpd_child.series;
}

/* "www.example.org:443", because one ServerName may have several ports. */
static const char *name_of(apr_pool_t *pool, const server_rec *server)
{
    return apr_psprintf(pool, "%s:%u", server->server_hostname ? server->server_hostname : "",
                        (unsigned)pyw_config_server_port(server));
}

pyw_series *pyw_metrics_series(request_rec *r, const pyw_group *group)
{
    int index = group ? 1 + group->options->manager.worker_list_index : 0;
    _Atomic(pyw_series *) *known = &pyw_config_server(r->server)->series[index];
    pyw_series *series = atomic_load_explicit(known, memory_order_relaxed);

    if (!series) {
        series = pyw_series_find(pyw_httpd_child.series, name_of(r->pool, r->server),
                                 group ? group->options->name : "%{GLOBAL}");
        if (*series->host) {
            atomic_store_explicit(known, series, memory_order_relaxed);
        }
    }
    return series;
}

static int class_of(const request_rec *r, const pyw_target *target, int status)
{
    if (target->measure.client_left || r->connection->aborted) {
        return 0;
    }
    status = status == OK || status == DONE ? r->status : status;
    return status >= 100 && status < 600 ? status / 100 : 5;
}

/* A worker may write anything, and a request that it has not ended may still wait. */
static int64_t gil_wait(const pyw_measure *measure, int64_t running_us)
{
    return measure->gil_wait_us < running_us ? measure->gil_wait_us : running_us;
}

static void observe_phases(pyw_series *series, const pyw_target *target, int64_t now)
{
    const pyw_measure *measure = &target->measure;
    int64_t ended = measure->ended ? measure->ended : now;

    pyw_histogram_observe(&series->duration, now - target->timing.arrival);
    if (measure->collected) {
        pyw_histogram_observe(&series->body, measure->collected - target->timing.taken);
    }
    if (measure->begun) {
        int64_t queued = measure->collected ? measure->collected : target->timing.taken;

        pyw_histogram_observe(&series->queue, measure->begun - queued);
        pyw_histogram_observe(&series->gil, gil_wait(measure, ended - measure->begun));
        pyw_histogram_observe(&series->application, ended - measure->begun);
        pyw_histogram_observe(&series->writing, now - ended);
    }
}

void pyw_metrics_count(request_rec *r, const pyw_target *target, int status)
{
    pyw_series *series = target->measure.series;

    pyw_series_add(&series->requests[class_of(r, target, status)], 1);
    pyw_series_add(&series->response_bytes, (uint64_t)r->bytes_sent);
    if (target->measure.request_bytes) {
        pyw_series_add(&series->request_bytes, target->measure.request_bytes);
    }
    if (target->measure.refusal != PYW_REFUSED_NOT) {
        pyw_series_add(&series->refused[target->measure.refusal], 1);
    }
    observe_phases(series, target, pyw_clock_us());
}
