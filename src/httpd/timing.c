/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/timing.h"

#include <http_config.h>

#include "base/clock.h"
#include "config/config.h"
#include "httpd/request/id.h"

int pyw_timing_create_request(request_rec *r)
{
    int64_t *created;

    if (r->main || r->prev) {
        return OK;
    }
    created = ap_get_module_config(r->connection->conn_config, &pywsgi_module);
    if (!created) {
        created = apr_palloc(r->connection->pool, sizeof(*created));
        ap_set_module_config(r->connection->conn_config, &pywsgi_module, created);
    }
    *created = pyw_clock_us();
    return OK;
}

/*
 * httpd records the arrival of the request line only by the time of day. By that clock the age cannot exceed the time
 * since httpd began to wait for the request line, unless the clock was set. An ErrorDocument is a request of its own,
 * because the failed request may have used up its time limit.
 */
static int64_t age(const request_rec *r, int64_t now)
{
    const int64_t *created = ap_get_module_config(r->connection->conn_config, &pywsgi_module);
    int64_t most = created && !r->prev ? now - *created : 0;
    int64_t passed = apr_time_now() - r->request_time;

    return passed < 0 ? 0 : passed < most ? passed : most;
}

void pyw_timing_take(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout)
{
    timing->taken = pyw_clock_us();
    timing->arrival = timing->taken - age(r, timing->taken);
    timing->deadline = timeout > 0 ? (timing->arrival + timeout) / 1000 + 1 : 0;
    timing->id = pyw_request_id(r);
}

void pyw_timing_begin(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout)
{
    timing->arrival = timing->taken = pyw_clock_us();
    timing->deadline = (timing->arrival + timeout) / 1000 + 1;
    timing->id = pyw_request_id(r);
}

int pyw_timing_is_over(const pyw_timing *timing)
{
    return timing->deadline != 0 && pyw_clock_ms() >= timing->deadline;
}

int pyw_timing_bound(const pyw_timing *timing, int most)
{
    int64_t left = timing->deadline != 0 ? timing->deadline - pyw_clock_ms() : most;

    if (left < 0) {
        return 0;
    }
    return left < most ? (int)left : most;
}

double pyw_timing_age(const pyw_timing *timing)
{
    return (double)(pyw_clock_us() - timing->arrival) / APR_USEC_PER_SEC;
}
