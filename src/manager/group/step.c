/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/step.h"

#include <sys/wait.h>

#include "base/clock.h"
#include "manager/child/exit_report.h"
#include "manager/child/spawn.h"
#include "manager/child/template.h"
#include "manager/group/reload/canary.h"
#include "manager/group/reload/code_check.h"
#include "manager/group/reload/replacement.h"
#include "manager/group/scale.h"
#include "manager/group/state.h"

enum { SERVICE_PROVEN_MS = 60 * 1000 }; /* a program that has run for this time resets the back-off */

/* The oldest of the workers that are to be replaced. */
static pyw_child *oldest_replaceable(pyw_worker_group *group)
{
    pyw_child *oldest = NULL;
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (!pyw_child_is_current(child) && pyw_child_is_loaded(child) &&
            (oldest == NULL || child->started <= oldest->started)) {
            oldest = child;
        }
    }
    return oldest;
}

static void start_child(pyw_worker_group *group)
{
    pyw_problem problem;
    pyw_child *child = NULL;
    pyw_result result = PYW_OK;

    if (group->options->manager.preload) {
        result = pyw_template_order(group, &problem);
    }
    else {
        child = pyw_spawn(group, &problem);
        result = child != NULL ? PYW_OK : PYW_FAILED;
    }
    if (result != PYW_OK) {
        pyw_group_log(group, PYW_LOG_CRIT, PYWNO(0312) "a worker of group '%s' cannot be started: %s",
                      group->options->name, problem.text);
        pyw_worker_group_back_off(group);
    }
    else if (child != NULL) {
        pyw_child_adopt(child);
    }
}

/*
 * Workers that load outdated code must not replace workers that serve. The program of a service group ends before its
 * successor starts.
 */
static void drain_outdated(pyw_worker_group *group)
{
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if ((child->state == PYW_CHILD_STARTING || pyw_worker_group_is_service(group)) &&
            !pyw_child_is_current(child)) {
            pyw_child_replace(child);
        }
    }
}

/* Drains old workers that the new ones replace, and workers that are too many. */
static void drain_replaced(pyw_worker_group *group)
{
    int ready, old;

    drain_outdated(group);
    ready = pyw_group_count_loaded(group, 1);
    old = pyw_group_count_loaded(group, 0);
    for (; old > 0 && ready + old > group->wanted + pyw_worker_group_has_canary(group); old--) {
        pyw_child_replace(oldest_replaceable(group));
    }
    /* processes= or the load has become smaller. */
    for (int extra = ready - group->wanted; extra > 0; extra--) {
        pyw_child *child = LIST_FIRST(&group->children);

        while (!pyw_child_is_loaded(child)) {
            child = LIST_NEXT(child, next);
        }
        pyw_child_replace(child);
    }
}

static void log_overdue(const pyw_child *child)
{
    if (child->state == PYW_CHILD_STARTING) {
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0314) "worker %ld of group '%s' did not load its applications within startup-timeout "
                                  "(%.3g s) and is killed",
                      (long)child->pid, child->group->options->name,
                      (double)child->group->options->worker.startup_timeout / APR_USEC_PER_SEC);
    }
    else {
        pyw_group_log(child->group, PYW_LOG_WARNING,
                      PYWNO(0315) "worker %ld of group '%s' did not finish in time and is killed with what it runs",
                      (long)child->pid, child->group->options->name);
    }
}

static int64_t kill_overdue(pyw_worker_group *group)
{
    int64_t next = INT64_MAX;
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (child->kill_at <= pyw_clock_ms()) {
            log_overdue(child);
            pyw_child_kill(child);
        }
        next = child->kill_at < next ? child->kill_at : next;
    }
    return next;
}

/* A group that is no longer configured gets no new workers, so without any it would only let requests wait. */
static void retire_workers(pyw_worker_group *group)
{
    if (group->phase == PYW_PHASE_RETIRING && (group->retire_at <= pyw_clock_ms() || LIST_EMPTY(&group->children))) {
        pyw_worker_group_end(group, PYW_PHASE_END, pyw_worker_group_graceful_limit(group));
    }
}

static int64_t sooner(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* A Python that did not start may start now, for example because the deployment of its environment is complete. */
static void try_again(pyw_worker_group *group)
{
    if (group->code == PYW_CODE_RETRIED && group->retry_at <= pyw_clock_ms()) {
        pyw_worker_group_roll(group, group->stats.reload.cause);
    }
}

int64_t pyw_worker_group_step(pyw_worker_group *group)
{
    int64_t next, sample, canary = pyw_canary_step(group);

    retire_workers(group);
    pyw_code_check_step(group);
    sample = pyw_scale_step(group);
    drain_replaced(group);
    try_again(group);
    next = pyw_template_step(group);
    if (group->start_at <= pyw_clock_ms() && pyw_template_is_ready(group)) {
        for (int count = pyw_group_missing(group); count > 0 && group->start_at <= pyw_clock_ms(); count--) {
            start_child(group);
        }
    }
    next = sooner(next, kill_overdue(group));
    if (pyw_group_missing(group) > 0 && pyw_template_is_ready(group)) {
        next = sooner(next, group->start_at);
    }
    next = sooner(sooner(next, sample), canary);
    if (group->code == PYW_CODE_RETRIED) {
        next = sooner(next, group->retry_at);
    }
    return group->phase == PYW_PHASE_RETIRING ? sooner(next, group->retire_at) : next;
}

void pyw_worker_group_halt(pyw_worker_group *group)
{
    if (group->code == PYW_CODE_RETRIED) {
        group->code = PYW_CODE_PROVEN;
    }
    pyw_worker_group_end(group, PYW_PHASE_STOP, pyw_worker_group_graceful_limit(group));
}

/* It sent READY but could start no thread. An immediate successor would fail, too. */
static int could_not_serve(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == PYW_EXIT_ENGINE;
}

/* The program of a service group ended by itself. If it had run for long, the next pause is the shortest one. */
static void program_ended(pyw_worker_group *group, const pyw_child *child)
{
    if (pyw_clock_ms() - child->started >= SERVICE_PROVEN_MS) {
        group->failures = 0;
    }
    pyw_worker_group_back_off(group);
    pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0397) "the program of service group '%s' is started again in %d s",
                  group->options->name, pyw_child_back_off(group->failures) / 1000);
}

void pyw_worker_group_reap(pyw_worker_group *group, pyw_child *child)
{
    int status = pyw_exit_report_reap(child);

    LIST_REMOVE(child, next);
    pyw_canary_remember(child);
    if (child->state == PYW_CHILD_STARTING) {
        pyw_worker_group_start_failed(child->group, child);
    }
    else if (could_not_serve(status)) {
        pyw_worker_group_back_off(group);
    }
    else if (pyw_worker_group_is_service(group) && pyw_child_is_loaded(child) && status != PYW_EXIT_DRAINED) {
        program_ended(group, child);
    }
    pyw_child_change(child, PYW_EVENT_EXIT);
    pyw_spawn_free(child);
}

void pyw_worker_group_end(pyw_worker_group *group, pyw_phase_event event, int limit_ms)
{
    pyw_child *child;

    pyw_worker_group_change(group, event);
    pyw_template_stop(group);
    LIST_FOREACH (child, &group->children, next) {
        pyw_child_drain(child, limit_ms);
    }
}
