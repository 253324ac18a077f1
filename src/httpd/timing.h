/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_TIMING_H
#define PYW_HTTPD_TIMING_H

/*
 * When a request came, when its answer is due, and the id by which log records name it. The times are those of
 * base/clock.h. On the thread of the request.
 */

#include <apr_time.h>
#include <httpd.h>
#include <stdint.h>

typedef struct pyw_timing {
    int64_t arrival;  /* microseconds */
    int64_t deadline; /* milliseconds, as pyw_clock_ms(); 0: none */
    const char *id;   /* UNIQUE_ID, else httpd's log id; never NULL */
} pyw_timing;

/* The hook: notes when httpd begins to wait for a request, which limits how old the request can be. */
int pyw_timing_create_request(request_rec *r);

/* `timeout`: from the arrival to the deadline; 0: none. The id is "-". */
void pyw_timing_take(pyw_timing *timing, request_rec *r, apr_interval_time_t timeout);

/* Finds the id, or has httpd make one, which costs a system call. It lives as long as the request. */
void pyw_timing_identify(pyw_timing *timing, request_rec *r);

/* Is it later than the deadline? */
int pyw_timing_is_over(const pyw_timing *timing);

/* The milliseconds that a wait of `most` may take: no more than there are to the deadline, and never negative. */
int pyw_timing_bound(const pyw_timing *timing, int most);

/* Seconds since the arrival. */
double pyw_timing_age(const pyw_timing *timing);

#endif
