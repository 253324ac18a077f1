/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/queue/batch_trial.h"

/* Repeated measurements differ by this factor. */
#define TOLERANCE 1.05

static const struct {
    const char *name;
    int is_on;
} states[] = {
    [PYW_BATCH_CALM] = {"low concurrency", 0},
    [PYW_BATCH_MEASURE_NORMAL] = {"high concurrency, measuring without it", 0},
    [PYW_BATCH_MEASURE_BATCH] = {"high concurrency, measuring with it", 1},
    [PYW_BATCH_MEASURE_AGAIN] = {"high concurrency, measuring without it again", 0},
    [PYW_BATCH_USED] = {"requests are not slower with it", 1},
    [PYW_BATCH_RELEASED] = {"requests are slower with it, other processes use the cores", 0},
};

int pyw_batch_state_is_on(pyw_batch_state state)
{
    return states[state].is_on;
}

const char *pyw_batch_state_name(pyw_batch_state state)
{
    return states[state].name;
}

void pyw_batch_trial_arrival(pyw_batch_trial *trial, int requests)
{
    atomic_fetch_add_explicit(&trial->arrivals, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&trial->requests, (uint64_t)requests, memory_order_relaxed);
}

static void enter_state(pyw_batch_trial *trial, pyw_batch_state state, int64_t now)
{
    trial->state = state;
    trial->since = now;
    atomic_store_explicit(&trial->arrivals, 0, memory_order_relaxed);
    atomic_store_explicit(&trial->requests, 0, memory_order_relaxed);
}

/* The mean duration of a request, in milliseconds; 0: not known yet. */
static double request_time(const pyw_batch_trial *trial, int64_t now)
{
    double arrivals = (double)atomic_load_explicit(&trial->arrivals, memory_order_relaxed);
    double requests = (double)atomic_load_explicit(&trial->requests, memory_order_relaxed);
    int64_t elapsed = now - trial->since;
    int64_t window = trial->state == PYW_BATCH_MEASURE_BATCH ? PYW_BATCH_WINDOW_MS : PYW_BATCH_WINDOW_MS / 2;

    if (elapsed < window || arrivals < PYW_BATCH_ARRIVALS) {
        return 0;
    }
    return requests / arrivals * (double)elapsed / arrivals;
}

static void decide(pyw_batch_trial *trial, int is_slower, int64_t now)
{
    pyw_batch_state verdict = is_slower ? PYW_BATCH_RELEASED : PYW_BATCH_USED;
    int64_t longer = 2 * trial->valid_ms < PYW_BATCH_VERDICT_MS ? 2 * trial->valid_ms : PYW_BATCH_VERDICT_MS;

    trial->valid_ms = verdict == trial->verdict ? longer : PYW_BATCH_FIRST_MS;
    trial->valid_until = now + trial->valid_ms;
    trial->verdict = verdict;
    enter_state(trial, verdict, now);
}

void pyw_batch_trial_step(pyw_batch_trial *trial, int is_high, int64_t now)
{
    double time = request_time(trial, now);

    if (trial->state != PYW_BATCH_CALM && now - trial->high_at >= PYW_BATCH_CALM_MS) {
        enter_state(trial, PYW_BATCH_CALM, now);
    }
    trial->high_at = is_high ? now : trial->high_at;
    if (trial->state == PYW_BATCH_CALM && is_high) {
        enter_state(trial, now < trial->valid_until ? trial->verdict : PYW_BATCH_MEASURE_NORMAL, now);
    }
    else if (trial->state == PYW_BATCH_MEASURE_NORMAL && time > 0) {
        trial->normal_time = time;
        enter_state(trial, PYW_BATCH_MEASURE_BATCH, now);
    }
    else if (trial->state == PYW_BATCH_MEASURE_BATCH && time > 0) {
        trial->batch_time = time;
        enter_state(trial, PYW_BATCH_MEASURE_AGAIN, now);
    }
    else if (trial->state == PYW_BATCH_MEASURE_AGAIN && time > 0) {
        decide(trial, trial->batch_time > (trial->normal_time + time) / 2 * TOLERANCE, now);
    }
    else if (trial->state >= PYW_BATCH_USED && now >= trial->valid_until) {
        enter_state(trial, PYW_BATCH_MEASURE_NORMAL, now);
    }
}
