/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/timing.h"

#include <apr_base64.h>
#include <http_config.h>
#include <http_log.h>

#include "base/clock.h"
#include "config/config.h"

enum {
    CONNECTION_SHIFT = 51, /* above the bits of a time in microseconds */
    ID_LENGTH = 11         /* eight bytes in base64 */
};

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

/*
 * The time of the request and the number of its connection, as one text. httpd's own function makes a system call for
 * each id.
 */
static const char *make_id(const request_rec *r)
{
    apr_uint64_t number = (apr_uint64_t)r->request_time ^ (apr_uint64_t)r->connection->id << CONNECTION_SHIFT;
    char *id = apr_palloc(r->pool, (apr_size_t)apr_base64_encode_len(sizeof(number)));

    apr_base64_encode_binary(id, (const unsigned char *)&number, sizeof(number));
    id[ID_LENGTH] = '\0'; /* without the padding */
    return id;
}

/* Another module, such as mod_unique_id, may make the ids. */
static void generate_id(request_rec *r)
{
    const apr_array_header_t *generators = ap_hook_get_generate_log_id();

    if (generators && generators->nelts > 1) {
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    }
    if (!r->log_id) {
        r->log_id = make_id(r);
    }
}

static const char *id_of(request_rec *r)
{
    const char *id = apr_table_get(r->subprocess_env, "UNIQUE_ID");

    if (!id && !r->log_id) {
        generate_id(r);
    }
    return id ? id : r->log_id;
}

void pyw_timing_take(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout)
{
    timing->taken = pyw_clock_us();
    timing->arrival = timing->taken - age(r, timing->taken);
    timing->deadline = timeout > 0 ? (timing->arrival + timeout) / 1000 + 1 : 0;
    timing->id = id_of(r);
}

void pyw_timing_begin(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout)
{
    timing->arrival = timing->taken = pyw_clock_us();
    timing->deadline = (timing->arrival + timeout) / 1000 + 1;
    timing->id = id_of(r);
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
