/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/scale.h"

#include <stdio.h>

#include "base/clock.h"
#include "manager/child/measure.h"
#include "manager/group/scale_decision.h"
#include "manager/group/state.h"

enum { SAMPLE_LEAST_MS = 10, SAMPLE_MOST_MS = 250, LOG_AGAIN_MS = 60 * 1000 };

static int is_fixed(const pyw_worker_group *group)
{
    return group->options->manager.processes_least == group->options->manager.processes;
}

void pyw_scale_begin(pyw_worker_group *group)
{
    const pyw_group_options *options = group->options;

    group->wanted = group->wanted < options->manager.processes_least ? options->manager.processes_least
                    : group->wanted > options->manager.processes     ? options->manager.processes
                                                                     : group->wanted;
    group->scale.spare_since = pyw_clock_ms();
}

static pyw_scale_limits limits_of(const pyw_group_options *options)
{
    const pyw_scale_limits limits = {
        .least = options->manager.processes_least,
        .most = options->manager.processes,
        .threads = options->worker.threads,
        .after = apr_time_as_msec(options->manager.scale_after),
        .idle = apr_time_as_msec(options->manager.scale_idle),
        .sleep = apr_time_as_msec(options->manager.inactivity_timeout > 0 ? options->manager.inactivity_timeout
                                                                          : options->manager.scale_idle),
        .budget = options->manager.memory_budget,
    };

    return limits;
}

static void count_worker(pyw_scale_numbers *numbers, const pyw_child *child, int64_t now)
{
    int64_t quiet = now - child->measured.active_at;

    numbers->starting += child->state == PYW_CHILD_STARTING;
    numbers->memory += child->measured.counted;
    if (pyw_child_is_loaded(child)) {
        numbers->ready++;
        numbers->busy += pyw_measure_busy(child);
        numbers->quiet = quiet < numbers->quiet ? quiet : numbers->quiet;
    }
}

/*
 * The time for which the oldest request has been waiting; -1: no request waits. httpd's children can write any number:
 * a wrong one can only start a worker too many, within processes=.
 */
static int64_t waiting_ms(const pyw_worker_group *group, int64_t now)
{
    int64_t since = group->load != NULL ? group->load->waiting_since : 0;

    return since > 0 && since <= now ? now - since : -1;
}

static pyw_scale_numbers numbers_of(pyw_worker_group *group, const pyw_scale_limits *limits)
{
    int64_t now = pyw_clock_ms();
    pyw_scale_numbers numbers = {.wanted = group->wanted, .quiet = INT64_MAX};
    const pyw_child *child;

    pyw_measure_activity(group);
    LIST_FOREACH (child, &group->children, next) {
        count_worker(&numbers, child, now);
    }
    numbers.starting += pyw_group_ordered(group);
    numbers.waiting = waiting_ms(group, now);
    if (!pyw_scale_is_spare(limits, &numbers)) {
        group->scale.spare_since = now;
    }
    if (!pyw_scale_is_settled(&numbers)) {
        group->scale.settled_at = now;
    }
    numbers.spare = now - group->scale.spare_since;
    numbers.settled = now - group->scale.settled_at;
    return numbers;
}

static void describe_numbers(char *out, size_t size, const pyw_scale_numbers *numbers, const pyw_scale_limits *limits)
{
    char memory[32];

    pyw_measure_describe_size(memory, sizeof(memory), numbers->memory);
    snprintf(out, size, "%d of %d threads are busy, %s of memory", numbers->busy, numbers->ready * limits->threads,
             memory);
}

static void log_growth(const pyw_worker_group *group, const pyw_scale_numbers *numbers, const pyw_scale_limits *limits)
{
    char state[100];

    describe_numbers(state, sizeof(state), numbers, limits);
    pyw_group_log(group, PYW_LOG_NOTICE,
                  PYWNO(0368) "group '%s' grows from %d to %d workers: a request has waited for %.3g s "
                              "(scale-after=%.3g s), %s",
                  group->options->name, numbers->wanted, numbers->wanted + 1, (double)numbers->waiting / 1000,
                  (double)limits->after / 1000, state);
}

static void log_shrinking(const pyw_worker_group *group, const pyw_scale_numbers *numbers,
                          const pyw_scale_limits *limits, int for_memory)
{
    char state[100], budget[32], reason[160];

    describe_numbers(state, sizeof(state), numbers, limits);
    pyw_measure_describe_size(budget, sizeof(budget), limits->budget);
    if (for_memory) {
        snprintf(reason, sizeof(reason), "its workers have more than memory-budget=%s", budget);
    }
    else {
        snprintf(reason, sizeof(reason), "one worker less would have been enough for %.3g s (scale-idle=%.3g s)",
                 (double)numbers->spare / 1000, (double)limits->idle / 1000);
    }
    pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0369) "group '%s' shrinks from %d to %d workers: %s, %s",
                  group->options->name, numbers->wanted, numbers->wanted - 1, reason, state);
}

/* Once a minute. */
static void log_no_memory(pyw_worker_group *group, const pyw_scale_numbers *numbers, const pyw_scale_limits *limits)
{
    char state[100], budget[32];

    if (group->scale.no_memory_at != 0 && pyw_clock_ms() - group->scale.no_memory_at < LOG_AGAIN_MS) {
        return;
    }
    group->scale.no_memory_at = pyw_clock_ms();
    describe_numbers(state, sizeof(state), numbers, limits);
    pyw_measure_describe_size(budget, sizeof(budget), limits->budget);
    pyw_group_log(group, PYW_LOG_WARNING,
                  PYWNO(0370) "group '%s' stays at %d workers although a request has waited for %.3g s: another worker "
                              "would not fit into memory-budget=%s, %s",
                  group->options->name, numbers->wanted, (double)numbers->waiting / 1000, budget, state);
}

static void log_decision(pyw_worker_group *group, pyw_scale_decision decision, const pyw_scale_numbers *numbers,
                         const pyw_scale_limits *limits)
{
    switch (decision) {
    case PYW_SCALE_GROW:
        log_growth(group, numbers, limits);
        break;
    case PYW_SCALE_NO_MEMORY:
        log_no_memory(group, numbers, limits);
        break;
    case PYW_SCALE_SHRINK:
    case PYW_SCALE_SHRINK_MEMORY:
        log_shrinking(group, numbers, limits, decision == PYW_SCALE_SHRINK_MEMORY);
        break;
    case PYW_SCALE_SLEEP:
        pyw_group_log(group, PYW_LOG_NOTICE,
                      PYWNO(0371) "group '%s' sleeps: there was no request for %.3g s (inactivity-timeout=%.3g s)",
                      group->options->name, (double)numbers->quiet / 1000, (double)limits->sleep / 1000);
        break;
    case PYW_SCALE_WAKE:
        pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0372) "group '%s' wakes: a request waits for a worker",
                      group->options->name);
        break;
    default:
        break;
    }
}

static int64_t next_sample(const pyw_scale_limits *limits)
{
    int64_t pause = limits->after / 4;

    pause = pause < SAMPLE_LEAST_MS ? SAMPLE_LEAST_MS : pause;
    return pyw_clock_ms() + (pause < SAMPLE_MOST_MS ? pause : SAMPLE_MOST_MS);
}

void pyw_scale_succeed(pyw_worker_group *group, int workers, uint64_t memory)
{
    pyw_scale_limits limits = limits_of(group->options);

    group->wanted = pyw_scale_again(&limits, workers, memory);
}

int64_t pyw_scale_step(pyw_worker_group *group)
{
    pyw_scale_limits limits = limits_of(group->options);
    pyw_scale_numbers numbers;
    pyw_scale_decision decision;

    if (is_fixed(group) || group->phase != PYW_PHASE_SERVING) {
        return INT64_MAX;
    }
    numbers = numbers_of(group, &limits);
    decision = pyw_scale_decide(&limits, &numbers);
    log_decision(group, decision, &numbers, &limits);
    group->wanted = pyw_scale_apply(decision, group->wanted);
    if (group->wanted != numbers.wanted) {
        group->scale.spare_since = pyw_clock_ms();
    }
    return group->wanted > 0 ? next_sample(&limits) : INT64_MAX;
}
