/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_BATCH_TRIAL_H
#define PYW_HTTPD_QUEUE_BATCH_TRIAL_H

/*
 * Decides when to use batch scheduling (pyw_batch): at high concurrency, if requests are not slower with it. Requests
 * are slower if other processes use the cores, because a batch thread waits for these processes. Therefore high
 * concurrency begins with half a second of batch scheduling between two quarters of a second of normal scheduling, and
 * the better policy is used for some time. Normal scheduling is measured before and after, because the load may rise or
 * fall meanwhile. A result may still be an accident. Therefore a new result is valid for a few seconds, and for twice
 * as long with each repetition, up to a minute. By Little's law the mean duration of a request is the number of
 * requests that an arrival finds, divided by the arrival rate, so the requests themselves need no clock. All processes
 * that share the cores share one trial: otherwise a process would compare its own batch scheduling with the normal
 * scheduling of the others.
 */

#include <stdatomic.h>
#include <stdint.h>

enum {
    PYW_BATCH_CALM_MS = 1000,     /* time of low concurrency before threads are normal again */
    PYW_BATCH_WINDOW_MS = 500,    /* minimum duration of the measurement of a policy */
    PYW_BATCH_ARRIVALS = 100,     /* minimum number in a measurement */
    PYW_BATCH_FIRST_MS = 8000,    /* validity of a new result */
    PYW_BATCH_VERDICT_MS = 60000, /* maximum validity of a result */
};

typedef enum pyw_batch_state {
    PYW_BATCH_CALM, /* concurrency is low */
    PYW_BATCH_MEASURE_NORMAL,
    PYW_BATCH_MEASURE_BATCH,
    PYW_BATCH_MEASURE_AGAIN, /* the second part of the measurement of normal scheduling */
    PYW_BATCH_USED,          /* requests are not slower with it */
    PYW_BATCH_RELEASED,      /* requests are slower with it */
} pyw_batch_state;

/* All zero is the initial state. */
typedef struct pyw_batch_trial {
    _Atomic(pyw_batch_state) state; /* only a step changes it */
    int64_t since;                  /* start of the state */
    int64_t high_at;                /* last time of high concurrency */
    int64_t valid_ms;               /* validity of `verdict` ... */
    int64_t valid_until;
    pyw_batch_state verdict;
    double normal_time; /* duration of a request without batch scheduling, in the first part of the measurement */
    double batch_time;  /* ... and with it */
    _Atomic uint64_t arrivals; /* since the state began */
    _Atomic uint64_t requests; /* sum of the requests that arrivals found, themselves included */
} pyw_batch_trial;

/* Counts an arrival. Any thread of any process. */
void pyw_batch_trial_arrival(pyw_batch_trial *trial, int requests);

/* Changes the state if necessary. `now`: pyw_clock_ms(). One thread of all processes at a time. */
void pyw_batch_trial_step(pyw_batch_trial *trial, int is_high, int64_t now);

/* Whether the state uses batch scheduling. */
int pyw_batch_state_is_on(pyw_batch_state state);

/* For the log. */
const char *pyw_batch_state_name(pyw_batch_state state);

#endif
