/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_BATCH_TRIAL_H
#define PYW_HTTPD_QUEUE_BATCH_TRIAL_H

/*
 * When to use batch scheduling (pyw_batch): at high concurrency, and only if requests are not slower with it. They are
 * when other processes use the cores, because a batch thread waits for those. So high concurrency begins with half a
 * second of normal and half a second of batch scheduling, and the better one is used for a minute. By Little's law
 * requests take as long as the requests that an arriving one finds, divided by the arrivals in a unit of time; so the
 * requests themselves need no clock.
 */

#include <stdatomic.h>
#include <stdint.h>

enum {
    PYW_BATCH_CALM_MS = 1000,     /* without high concurrency before threads are normal again */
    PYW_BATCH_WINDOW_MS = 500,    /* of one measurement, at least */
    PYW_BATCH_ARRIVALS = 100,     /* in one measurement, at least */
    PYW_BATCH_VERDICT_MS = 60000, /* how long the result holds */
};

typedef enum pyw_batch_state {
    PYW_BATCH_CALM, /* concurrency is low */
    PYW_BATCH_MEASURE_NORMAL,
    PYW_BATCH_MEASURE_BATCH,
    PYW_BATCH_USED,     /* requests are not slower with it */
    PYW_BATCH_RELEASED, /* they are */
} pyw_batch_state;

/* Zeroed by the caller at first. */
typedef struct pyw_batch_trial {
    pyw_batch_state state;
    int64_t since;       /* begin of the state */
    int64_t high_at;     /* when concurrency was last high */
    int64_t valid_until; /* of `verdict` */
    pyw_batch_state verdict;
    double normal_time;        /* what requests took without batch scheduling */
    _Atomic uint64_t arrivals; /* since the state began */
    _Atomic uint64_t requests; /* what they found, themselves included, in total */
} pyw_batch_trial;

/* Counts an arrival. Any thread. */
void pyw_batch_trial_arrival(pyw_batch_trial *trial, int requests);

/* Takes the steps that are due. `now`: pyw_clock_ms(). One thread at a time. */
void pyw_batch_trial_step(pyw_batch_trial *trial, int is_high, int64_t now);

/* Are threads batch threads in this state? */
int pyw_batch_state_is_on(pyw_batch_state state);

/* For the log. */
const char *pyw_batch_state_name(pyw_batch_state state);

#endif
