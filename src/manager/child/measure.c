/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/measure.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/os/proc.h"

enum {
    PROPORTIONAL_MS = 10 * 1000, /* between two measurements of the proportional set size */
    PROPORTIONAL_SHARE = 200     /* and 200 times the duration of a measurement */
};

void pyw_measure_begin(pyw_child *child)
{
    uint16_t random = 0;

    (void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
    child->jitter = random;
    child->measured.active_at = child->started;
}

uint64_t pyw_measure_resident(pid_t pid)
{
    char text[200];
    uint64_t pages = 0;

    pyw_proc_read_pid(text, sizeof(text), pid, "statm");
    return pyw_proc_number(text, 1, &pages) ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/*
 * The proportional set size: shared pages count in part, so that the sum over the workers is what all of them use.
 * 0: the kernel does not provide it, or not to this process.
 */
static uint64_t proportional(pid_t pid)
{
    char text[512];
    const char *line;
    uint64_t kib = 0;

    pyw_proc_read_pid(text, sizeof(text), pid, "smaps_rollup");
    line = strstr(text, "\nPss:");
    return line != NULL && pyw_proc_number(line, 1, &kib) ? kib * 1024 : 0;
}

void pyw_measure_cpu_time(pyw_child *child, uint64_t used_us)
{
    if (used_us > child->measured.cpu_us) {
        child->group->stats.cpu_us += used_us - child->measured.cpu_us;
        child->measured.cpu_us = used_us;
    }
}

/* CPU time and resident memory, which are fields of one file. */
static void measure_process(pyw_child *child)
{
    enum { USER = 11, SYSTEM = 12, PAGES = 21 };
    char text[1024];
    const char *fields;
    uint64_t user, system, pages;

    pyw_proc_read_pid(text, sizeof(text), child->pid, "stat");
    fields = pyw_proc_stat_fields(text);
    if (fields == NULL || !pyw_proc_number(fields, USER, &user) || !pyw_proc_number(fields, SYSTEM, &system) ||
        !pyw_proc_number(fields, PAGES, &pages)) {
        return;
    }
    pyw_measure_cpu_time(child, (user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
    if (pages > 0) {
        child->measured.resident = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    }
}

/* The kernel walks through all pages, so a large worker is measured less often, unless memory-budget= depends on it. */
static void measure_proportional(pyw_child *child)
{
    int64_t begun = pyw_clock_ms();

    if (child->group->options->manager.memory_budget > 0 || begun >= child->measured.proportional_at) {
        child->measured.proportional = proportional(child->pid);
        child->measured.proportional_at = begun + PROPORTIONAL_MS + (pyw_clock_ms() - begun) * PROPORTIONAL_SHARE;
    }
}

void pyw_measure_describe_size(char *out, size_t size, uint64_t bytes)
{
    if (bytes >= UINT64_C(1) << 30) {
        snprintf(out, size, "%.1f GiB", (double)bytes / (1 << 30));
    }
    else {
        snprintf(out, size, "%.0f MiB", (double)bytes / (1 << 20));
    }
}

int pyw_measure_busy(const pyw_child *child)
{
    int busy = 0;

    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        busy += child->board->slots[i].busy != 0;
    }
    return busy;
}

/* Requests under WSGIIgnoreActivity do not count. */
static int is_active(const pyw_child *child)
{
    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        if (child->board->slots[i].busy != 0 && child->board->slots[i].ignored == 0) {
            return 1;
        }
    }
    return 0;
}

void pyw_measure_activity(pyw_worker_group *group)
{
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        uint64_t served = child->board != NULL ? child->board->served - child->board->ignored : 0;

        if (served != child->measured.served || is_active(child)) {
            child->measured.active_at = pyw_clock_ms();
        }
        child->measured.served = served;
    }
}

/* The exit report uses the numbers, too, because the kernel forgets them when the process ends. */
void pyw_measure_child(pyw_child *child)
{
    measure_process(child);
    measure_proportional(child);
    child->measured.counted =
        child->measured.proportional > 0 ? child->measured.proportional : child->measured.resident;
    pyw_oom_look(&child->oom, child->pid);
}
