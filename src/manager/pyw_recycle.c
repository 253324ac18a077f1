/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_recycle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/pyw_clock.h"
#include "manager/pyw_group_log.h"
#include "manager/pyw_obituary.h"

enum {
    REASON_SIZE = 200,
    TOLD_MS = 400,   /* a worker is measured at its own word after that time again */
    YOUNG_MS = 1000  /* one of that age may be too large from its start: as often as it can, it must not be replaced */
};

void pyw_recycle_begin(pyw_child *child)
{
    uint16_t random = 0;

    (void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
    child->jitter = random;
    child->active_at = child->started;
}

/* The limit of this worker: up to `percent` less, so that workers that started together do not end together. */
static int64_t with_jitter(const pyw_child *child, int64_t limit, int percent)
{
    return limit - limit * percent / 100 * child->jitter / UINT16_MAX;
}

/* The start of a file of /proc as text; "" if there is none. */
static void read_proc(char *out, size_t size, pid_t pid, const char *name)
{
    char path[64];
    FILE *file;
    size_t length = 0;

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    file = fopen(path, "re");
    if (file != NULL) {
        length = fread(out, 1, size - 1, file);
        fclose(file);
    }
    out[length] = '\0';
}

uint64_t pyw_recycle_resident(pid_t pid)
{
    char text[200];
    uint64_t pages = 0;

    read_proc(text, sizeof(text), pid, "statm");
    return sscanf(text, "%*s %" SCNu64, &pages) == 1 ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/*
 * What it shares with others counts by its part only: the sum over the workers is what all of them take. 0: the kernel
 * does not tell, or not us.
 */
static uint64_t proportional(pid_t pid)
{
    char text[512];
    const char *line;
    uint64_t kib = 0;

    read_proc(text, sizeof(text), pid, "smaps_rollup");
    line = strstr(text, "\nPss:");
    return line != NULL && sscanf(line, "\nPss: %" SCNu64, &kib) == 1 ? kib * 1024 : 0;
}

/* User and system time in ms. The name of the program is in the worker's hands, and may hold blanks and brackets. */
static int64_t cpu_time(pid_t pid)
{
    char text[1024];
    const char *rest;
    uint64_t user = 0, system = 0;

    read_proc(text, sizeof(text), pid, "stat");
    rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64, &user, &system) != 2) {
        return 0;
    }
    return (int64_t)((user + system) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

void pyw_recycle_describe_size(char *out, size_t size, uint64_t bytes)
{
    if (bytes >= UINT64_C(1) << 30) {
        snprintf(out, size, "%.1f GiB", (double)bytes / (1 << 30));
    }
    else {
        snprintf(out, size, "%.0f MiB", (double)bytes / (1 << 20));
    }
}

static int say(char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns 1, for those who return it. */
static int say(char *reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(reason, REASON_SIZE, format, args);
    va_end(args);
    return 1;
}

static int has_served_enough(const pyw_child *child, const pyw_group_options *options, char *reason)
{
    uint64_t served = child->board != NULL ? child->board->served : 0;
    int64_t limit = with_jitter(child, options->maximum_requests, options->maximum_requests_jitter);

    return limit > 0 && served >= (uint64_t)limit &&
           say(reason, "it has served %" PRIu64 " requests (maximum-requests=%d)", served, options->maximum_requests);
}

static int is_old(const pyw_child *child, const pyw_group_options *options, char *reason)
{
    int64_t age = pyw_clock_ms() - child->started;
    int64_t limit = with_jitter(child, apr_time_as_msec(options->restart_interval), options->restart_interval_jitter);

    return limit > 0 && age >= limit &&
           say(reason, "it is %.1f s old (restart-interval=%.3g s)", (double)age / 1000,
               (double)options->restart_interval / APR_USEC_PER_SEC);
}

static int is_large(const pyw_child *child, const pyw_group_options *options, char *reason)
{
    char now[32], limit[32];

    pyw_recycle_describe_size(now, sizeof(now), child->resident);
    pyw_recycle_describe_size(limit, sizeof(limit), options->memory_recycle);
    return options->memory_recycle > 0 && child->resident > options->memory_recycle &&
           say(reason, "it takes %s of memory (memory-recycle=%s)", now, limit);
}

static int has_computed_enough(const pyw_child *child, const pyw_group_options *options, char *reason)
{
    int64_t limit = apr_time_as_msec(options->cpu_time_limit);
    int64_t used = limit > 0 ? cpu_time(child->pid) : 0;

    return limit > 0 && used >= limit &&
           say(reason, "it has used %.1f s of CPU time (cpu-time-limit=%.3g s)", (double)used / 1000,
               (double)limit / 1000);
}

/* One that has not served since it was started is as good as the one that would follow. */
static int is_idle(const pyw_child *child, const pyw_group_options *options, char *reason)
{
    int64_t idle = pyw_clock_ms() - child->active_at;
    int64_t limit = apr_time_as_msec(options->inactivity_timeout);

    /* A group that may sleep does that instead. */
    return limit > 0 && options->processes_least > 0 && child->seen_served > 0 && idle >= limit &&
           say(reason, "it has had nothing to do for %.1f s (inactivity-timeout=%.3g s)", (double)idle / 1000,
               (double)limit / 1000);
}

static int is_due(const pyw_child *child, char *reason)
{
    const pyw_group_options *options = child->group->options;

    return has_served_enough(child, options, reason) || is_large(child, options, reason) ||
           is_old(child, options, reason) || has_computed_enough(child, options, reason) ||
           is_idle(child, options, reason);
}

int pyw_recycle_busy(const pyw_child *child)
{
    int busy = 0;

    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        busy += child->board->slots[i].busy != 0;
    }
    return busy;
}

void pyw_recycle_note_activity(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        uint64_t served = child->board != NULL ? child->board->served : 0;

        if (served != child->seen_served || pyw_recycle_busy(child) > 0) {
            child->active_at = pyw_clock_ms();
        }
        child->seen_served = served;
    }
}

/* For its obituary, too: when it has ended, the kernel does not know them any more. */
void pyw_recycle_measure(pyw_child *child)
{
    uint64_t resident = pyw_recycle_resident(child->pid);
    uint64_t share = child->group->options->memory_budget > 0 ? proportional(child->pid) : 0;

    if (resident > 0) {
        child->resident = resident;
        child->counted = share > 0 ? share : resident;
    }
    pyw_oom_look(&child->oom, child->pid);
}

/* Something is being replaced already, or the code on disk is known to be no good. */
static int is_busy(const pyw_worker_group *group)
{
    if (group->is_stopping || group->retire_at != INT64_MAX || pyw_clock_ms() < group->retry_at) {
        return 1;
    }
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_STARTING || child->is_recycled || child->generation != group->generation) {
            return 1;
        }
    }
    return 0;
}

void pyw_recycle_mark(pyw_child *child, const char *reason)
{
    pyw_buffer requests = {0};

    pyw_obituary_last_requests(&requests, child);
    pyw_group_log(child->group, PYW_LOG_NOTICE, PYWNO(0321) "worker %ld of group '%s' is replaced: %s%s",
                  (long)child->pid, child->group->options->name, reason, requests.failed ? "" : requests.data);
    pyw_buffer_free(&requests);
    child->is_recycled = 1;
}

void pyw_recycle_look(pyw_worker_group *group)
{
    pyw_child *chosen = NULL;
    char reason[REASON_SIZE], chosen_reason[REASON_SIZE];

    pyw_recycle_note_activity(group);
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        pyw_recycle_measure(child);
    }
    if (is_busy(group)) {
        return;
    }
    /* The list begins with the youngest. */
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY && is_due(child, reason)) {
            chosen = child;
            memcpy(chosen_reason, reason, sizeof(reason));
        }
    }
    if (chosen != NULL) {
        pyw_recycle_mark(chosen, chosen_reason);
    }
}

void pyw_recycle_told(pyw_child *child)
{
    int64_t now = pyw_clock_ms();
    char reason[REASON_SIZE];

    if (child->state != PYW_CHILD_READY || child->group->options->memory_recycle == 0 ||
        now < child->started + YOUNG_MS || now < child->told_at + TOLD_MS || is_busy(child->group)) {
        return;
    }
    child->told_at = now;
    pyw_recycle_measure(child);
    if (is_large(child, child->group->options, reason)) {
        pyw_recycle_mark(child, reason);
    }
}
