/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/recycle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "manager/child/child.h"
#include "manager/child/exit_report.h"
#include "manager/child/measure.h"

enum {
    TEXT_SIZE = 200,
    REQUEST_MS = 400, /* LARGE causes a measurement at most this often */
    YOUNG_MS = 1000   /* a worker may be too large from its start; replacing it must not become a busy loop */
};

/* The limit of this worker, up to `percent` lower, so that workers that started together do not end together. */
static int64_t with_jitter(const pyw_child *child, int64_t limit, int percent)
{
    return limit - limit * percent / 100 * child->jitter / UINT16_MAX;
}

static int write_reason(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns 1. */
static int write_reason(char *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(text, TEXT_SIZE, format, args);
    va_end(args);
    return 1;
}

static int has_served_enough(const pyw_child *child, const pyw_group_options *options, char *text)
{
    uint64_t served = child->board != NULL ? child->board->served : 0;
    int64_t limit = with_jitter(child, options->manager.maximum_requests, options->manager.maximum_requests_jitter);

    return limit > 0 && served >= (uint64_t)limit &&
           write_reason(text, "it has served %" PRIu64 " requests (maximum-requests=%d)", served,
                        options->manager.maximum_requests);
}

static int is_old(const pyw_child *child, const pyw_group_options *options, char *text)
{
    int64_t age = pyw_clock_ms() - child->started;
    int64_t limit = with_jitter(child, apr_time_as_msec(options->manager.restart_interval),
                                options->manager.restart_interval_jitter);

    return limit > 0 && age >= limit &&
           write_reason(text, "it is %.1f s old (restart-interval=%.3g s)", (double)age / 1000,
                        (double)options->manager.restart_interval / APR_USEC_PER_SEC);
}

static int is_large(const pyw_child *child, const pyw_group_options *options, char *text)
{
    char now[32], limit[32];

    pyw_measure_describe_size(now, sizeof(now), child->measured.resident);
    pyw_measure_describe_size(limit, sizeof(limit), options->worker.memory_recycle);
    return options->worker.memory_recycle > 0 && child->measured.resident > options->worker.memory_recycle &&
           write_reason(text, "it takes %s of memory (memory-recycle=%s)", now, limit);
}

static int has_computed_enough(const pyw_child *child, const pyw_group_options *options, char *text)
{
    int64_t limit = apr_time_as_msec(options->manager.cpu_time_limit);
    int64_t used = (int64_t)child->measured.cpu_us / 1000;

    return limit > 0 && used >= limit &&
           write_reason(text, "it has used %.1f s of CPU time (cpu-time-limit=%.3g s)", (double)used / 1000,
                        (double)limit / 1000);
}

/* A worker that has not served a request is as good as its successor would be. */
static int is_idle(const pyw_child *child, const pyw_group_options *options, char *text)
{
    int64_t idle = pyw_clock_ms() - child->measured.active_at;
    int64_t limit = apr_time_as_msec(options->manager.inactivity_timeout);

    /* A group with MIN=0 sleeps instead. */
    return limit > 0 && options->manager.processes_least > 0 && child->measured.served > 0 && idle >= limit &&
           write_reason(text, "it has had nothing to do for %.1f s (inactivity-timeout=%.3g s)", (double)idle / 1000,
                        (double)limit / 1000);
}

static const struct {
    int (*is_reached)(const pyw_child *child, const pyw_group_options *options, char *text);
    pyw_end_reason reason;
} limits[] = {
    {has_served_enough, PYW_END_MAXIMUM_REQUESTS},
    {is_large, PYW_END_MEMORY_RECYCLE},
    {is_old, PYW_END_RESTART_INTERVAL},
    {has_computed_enough, PYW_END_CPU_TIME_LIMIT},
    {is_idle, PYW_END_INACTIVITY_TIMEOUT},
};

/* The limit that the worker has reached, described in `text`; PYW_END_SHUTDOWN: none. */
static pyw_end_reason reached_limit(const pyw_child *child, char *text)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (limits[i].is_reached(child, child->group->options, text)) {
            return limits[i].reason;
        }
    }
    return PYW_END_SHUTDOWN;
}

/* A worker is being replaced already, or the code on disk has failed to load. */
static int is_busy(const pyw_worker_group *group)
{
    const pyw_child *child;

    if (group->phase != PYW_PHASE_SERVING || pyw_clock_ms() < group->retry_at) {
        return 1;
    }
    LIST_FOREACH (child, &group->children, next) {
        if (child->state == PYW_CHILD_STARTING || child->is_recycled || child->generation != group->generation) {
            return 1;
        }
    }
    return 0;
}

void pyw_recycle_mark(pyw_child *child, pyw_end_reason reason, const char *text)
{
    pyw_buffer requests = {0};

    pyw_exit_report_last_requests(&requests, child);
    pyw_group_log(child->group, PYW_LOG_NOTICE, PYWNO(0321) "worker %ld of group '%s' is replaced: %s%s",
                  (long)child->pid, child->group->options->name, text, requests.failed ? "" : requests.data);
    pyw_buffer_free(&requests);
    child->is_recycled = 1;
    child->end_reason = reason;
}

void pyw_recycle_look(pyw_worker_group *group)
{
    pyw_child *chosen = NULL;
    pyw_end_reason chosen_reason = PYW_END_SHUTDOWN;
    char text[TEXT_SIZE], chosen_text[TEXT_SIZE];
    pyw_child *child;

    pyw_measure_activity(group);
    LIST_FOREACH (child, &group->children, next) {
        pyw_measure_child(child);
    }
    if (is_busy(group)) {
        return;
    }
    /* The list begins with the youngest. */
    LIST_FOREACH (child, &group->children, next) {
        pyw_end_reason reason = pyw_child_is_loaded(child) ? reached_limit(child, text) : PYW_END_SHUTDOWN;

        if (reason != PYW_END_SHUTDOWN) {
            chosen = child;
            chosen_reason = reason;
            memcpy(chosen_text, text, sizeof(text));
        }
    }
    if (chosen != NULL) {
        pyw_recycle_mark(chosen, chosen_reason, chosen_text);
    }
}

void pyw_recycle_large(pyw_child *child)
{
    int64_t now = pyw_clock_ms();
    char text[TEXT_SIZE];

    if (!pyw_child_is_loaded(child) || child->group->options->worker.memory_recycle == 0 ||
        now < child->started + YOUNG_MS || now < child->measured.request_at + REQUEST_MS || is_busy(child->group)) {
        return;
    }
    child->measured.request_at = now;
    pyw_measure_child(child);
    if (is_large(child, child->group->options, text)) {
        pyw_recycle_mark(child, PYW_END_MEMORY_RECYCLE, text);
    }
}
