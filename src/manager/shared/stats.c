/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/shared/stats.h"

#include <stdio.h>

#include "base/clock.h"
#include "manager/child/child.h"
#include "manager/child/measure.h"
#include "manager/group/state.h"
#include "manager/shared/publish.h"

enum {
    LONGEST_US = 5 * 1000 * 1000
}; /* the manager was stopped, or the machine slept: nobody knows what the threads did */

static uint64_t elapsed(pyw_worker_group *group)
{
    int64_t now = pyw_clock_us();
    int64_t passed = group->stats_at != 0 ? now - group->stats_at : 0;

    group->stats_at = now;
    return (uint64_t)(passed < LONGEST_US ? passed : LONGEST_US);
}

/* Each sample, once a second, counts for the whole second. */
static void count_threads(pyw_worker_group *group)
{
    uint64_t passed = elapsed(group);
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        group->stats.busy_us += passed * (uint64_t)pyw_measure_busy(child);
        if (pyw_child_is_loaded(child)) {
            group->stats.capacity_us += passed * (uint64_t)child->board_threads;
        }
    }
}

static void describe_worker(pyw_worker_stats *worker, const pyw_child *child)
{
    worker->started = child->started;
    worker->pid = (uint32_t)child->pid;
    worker->state = pyw_child_state_published(child->state);
    worker->threads = (uint32_t)child->board_threads;
    worker->busy = (uint32_t)pyw_measure_busy(child);
    worker->served = child->board != NULL ? child->board->served : 0;
    worker->cpu_us = child->measured.cpu_us;
    worker->resident = child->measured.resident;
    worker->proportional = child->measured.proportional;
}

static void write_workers(pyw_worker_list_group *entry, const pyw_worker_group *group)
{
    static pyw_worker_stats workers[PYW_WORKER_STATS_WORKERS];
    uint32_t count = 0;

    for (const pyw_child *child = LIST_FIRST(&group->children); child != NULL && count < PYW_WORKER_STATS_WORKERS;
         child = LIST_NEXT(child, next)) {
        describe_worker(&workers[count++], child);
    }
    pyw_worker_stats_write(&entry->stats, (uint32_t)group->options->manager.worker_list_use, workers, count);
}

/* An earlier manager, or an earlier group of this name, may have counted already. */
static void write_restart_counters(pyw_group_stats_entry *entry, pyw_worker_group *group)
{
    if (!group->has_stats) {
        pyw_group_stats published;

        /* If its writer died during a write, each number is still one of the last two that were written. */
        (void)pyw_group_stats_read(entry, &published);
        pyw_group_stats_add(&group->stats, &published);
        group->has_stats = 1;
    }
    pyw_group_stats_write(entry, &group->stats);
}

/* A failure that leaves older workers is noted when it happens. */
static void finish_reload(pyw_worker_group *group)
{
    pyw_reload_record *reload = &group->stats.reload;
    const pyw_child *child;

    if (reload->result != PYW_RELOAD_RUNNING || group->phase != PYW_PHASE_SERVING ||
        !pyw_worker_group_is_settled(group)) {
        return;
    }
    reload->result = PYW_RELOAD_DONE;
    LIST_FOREACH (child, &group->children, next) {
        if (child->state == PYW_CHILD_BROKEN) {
            reload->result = PYW_RELOAD_FAILED;
            snprintf(reload->problem, sizeof(reload->problem), "%s", child->problem);
        }
    }
}

void pyw_stats_write(pyw_manager *manager, pyw_worker_group *group)
{
    pyw_group_stats_entry *entry;

    count_threads(group);
    finish_reload(group);
    if (!pyw_publish_may_write(manager, group)) {
        return;
    }
    write_workers(&manager->worker_list[group->options->manager.worker_list_index], group);
    entry = manager->stats != NULL ? pyw_group_stats_find(manager->stats, group->options->name) : NULL;
    if (entry != NULL) {
        write_restart_counters(entry, group);
    }
}
