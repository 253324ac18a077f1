/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/measure.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"

void pyw_measure_begin(pyw_child *child)
{
    uint16_t random = 0;

    (void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
    child->jitter = random;
    child->active_at = child->started;
}

uint64_t pyw_measure_resident(pid_t pid)
{
    char text[200];
    uint64_t pages = 0;

    pyw_proc_read_pid(text, sizeof(text), pid, "statm");
    return pyw_proc_number(text, 1, &pages) ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
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

    pyw_proc_read_pid(text, sizeof(text), pid, "smaps_rollup");
    line = strstr(text, "\nPss:");
    return line != NULL && pyw_proc_number(line, 1, &kib) ? kib * 1024 : 0;
}

/* User and system time in ms. */
int64_t pyw_measure_cpu_time(pid_t pid)
{
    char text[1024];
    const char *fields;
    uint64_t user = 0, system = 0;

    pyw_proc_read_pid(text, sizeof(text), pid, "stat");
    fields = pyw_proc_stat_fields(text);
    if (fields == NULL || !pyw_proc_number(fields, 11, &user) || !pyw_proc_number(fields, 12, &system)) {
        return 0;
    }
    return (int64_t)((user + system) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
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

void pyw_measure_activity(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        uint64_t served = child->board != NULL ? child->board->served : 0;

        if (served != child->seen_served || pyw_measure_busy(child) > 0) {
            child->active_at = pyw_clock_ms();
        }
        child->seen_served = served;
    }
}

/* For its exit report, too: when it has ended, the kernel does not know them any more. */
void pyw_measure_child(pyw_child *child)
{
    uint64_t resident = pyw_measure_resident(child->pid);
    uint64_t share = child->group->options->manager.memory_budget > 0 ? proportional(child->pid) : 0;

    if (resident > 0) {
        child->resident = resident;
        child->counted = share > 0 ? share : resident;
    }
    pyw_oom_look(&child->oom, child->pid);
}
