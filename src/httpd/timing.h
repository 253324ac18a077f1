/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_TIMING_H
#define PYW_HTTPD_TIMING_H

/*
 * The arrival and the deadline of a request, by base/clock.h, and its id in log records. On the thread of the request.
 */

#include <apr_time.h>
#include <httpd.h>
#include <stdint.h>

typedef struct pyw_timing {
    int64_t arrival;  /* microseconds */
    int64_t taken;    /* when mod_pywsgi got the request; microseconds */
    int64_t deadline; /* milliseconds, as pyw_clock_ms(); 0: none */
    const char *id;   /* pyw_request_id(); never NULL */
} pyw_timing;

/* The create_request hook: records when httpd begins to wait for a request, which limits the age of the request. */
int pyw_timing_create_request(request_rec *r);

/* `timeout`: from the arrival to the deadline; 0: none. The id lives as long as the request. */
void pyw_timing_take(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout);

/* Like pyw_timing_take, for an operation that begins now. */
void pyw_timing_begin(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout);

/* Whether the deadline has passed. */
int pyw_timing_is_over(const pyw_timing *timing);

/* Limits a wait of `most` milliseconds to the time until the deadline; never negative. */
int pyw_timing_bound(const pyw_timing *timing, int most);

/* Seconds since the arrival. */
double pyw_timing_age(const pyw_timing *timing);

#endif
