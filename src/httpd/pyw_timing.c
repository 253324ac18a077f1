/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_timing.h"

#include <http_log.h>
#include <time.h>

#include "wire/pyw_wait.h"

/* Older than this no request is before its handler runs: the system's clock was set meanwhile. */
#define AGE_MOST apr_time_from_sec(300)

static int64_t monotonic_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * APR_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* An ErrorDocument is a request of its own: what it answers for may have used up all the time there was. */
static apr_interval_time_t age(const request_rec *r)
{
    apr_interval_time_t passed = r->prev ? 0 : apr_time_now() - r->request_time;

    return passed > 0 && passed < AGE_MOST ? passed : 0;
}

static const char *id_of(request_rec *r)
{
    const char *id = apr_table_get(r->subprocess_env, "UNIQUE_ID");

    if (!id && !r->log_id) {
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    }
    if (!id) {
        id = r->log_id;
    }
    return id ? id : "-";
}

void pyw_timing_take(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout)
{
    timing->arrival = monotonic_now() - age(r);
    timing->deadline = timeout > 0 ? (timing->arrival + timeout) / 1000 + 1 : 0;
    timing->id = "-";
}

void pyw_timing_identify(pyw_timing *timing, request_rec *r)
{
    timing->id = id_of(r);
}

int pyw_timing_is_over(const pyw_timing *timing)
{
    return timing->deadline != 0 && pyw_wait_now() >= timing->deadline;
}

int pyw_timing_bound(const pyw_timing *timing, int most)
{
    int64_t left = timing->deadline != 0 ? timing->deadline - pyw_wait_now() : most;

    if (left < 0) {
        return 0;
    }
    return left < most ? (int)left : most;
}

double pyw_timing_age(const pyw_timing *timing)
{
    return (double)(monotonic_now() - timing->arrival) / APR_USEC_PER_SEC;
}
