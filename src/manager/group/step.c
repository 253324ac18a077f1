/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* wait4 */
#endif
#include "manager/group/step.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "manager/child/exit_report.h"
#include "manager/child/spawn.h"
#include "manager/child/template.h"
#include "manager/group/replacement.h"
#include "manager/group/scale.h"
#include "manager/group/state.h"

enum { SERVICE_PROVEN_MS = 60 * 1000 }; /* The worker to be replaced that has served longest. */
static pyw_child *oldest_replaceable(pyw_worker_group *group)
{
    pyw_child *oldest = NULL;

    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (!pyw_child_is_current(child) && child->state == PYW_CHILD_READY &&
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
 * They load code that is not wanted any more, and must not push out those that serve. The program of a service group
 * ends before its successor begins.
 */
static void drain_outdated(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if ((child->state == PYW_CHILD_STARTING || pyw_worker_group_is_service(group)) &&
            !pyw_child_is_current(child)) {
            pyw_child_replace(child);
        }
    }
}

/* Old workers that are not needed any more. */
static void drain_replaced(pyw_worker_group *group)
{
    int ready, old;

    drain_outdated(group);
    ready = pyw_group_count(group, PYW_CHILD_READY, 1);
    old = pyw_group_count(group, PYW_CHILD_READY, 0);
    for (; old > 0 && ready + old > group->wanted; old--) {
        pyw_child_replace(oldest_replaceable(group));
    }
    /* processes= became smaller, or the load did. */
    for (int extra = ready - group->wanted; extra > 0; extra--) {
        pyw_child *child = group->children;

        while (child->state != PYW_CHILD_READY) {
            child = child->next;
        }
        pyw_child_replace(child);
    }
}

static void say_why(const pyw_child *child)
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

    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->kill_at <= pyw_clock_ms()) {
            say_why(child);
            pyw_child_kill(child);
        }
        next = child->kill_at < next ? child->kill_at : next;
    }
    return next;
}

/* Nobody is started for a group that is no longer configured: without workers it only keeps requests waiting. */
static void retire_workers(pyw_worker_group *group)
{
    int is_over = group->retire_at <= pyw_clock_ms() || (group->retire_at != INT64_MAX && group->children == NULL);

    if (!group->is_stopping && is_over) {
        pyw_worker_group_stop(group, pyw_worker_group_graceful_limit(group));
    }
}

static int64_t sooner(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* A Python that did not start may do so by now: a virtual environment is replaced while it is deployed. */
static void try_again(pyw_worker_group *group)
{
    if (group->is_retrying && group->retry_at <= pyw_clock_ms()) {
        pyw_worker_group_roll(group);
    }
}

int64_t pyw_worker_group_step(pyw_worker_group *group)
{
    int64_t next, sample;

    retire_workers(group);
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
    next = sooner(next, sample);
    if (group->is_retrying) {
        next = sooner(next, group->retry_at);
    }
    return group->retire_at < next && !group->is_stopping ? group->retire_at : next;
}

void pyw_worker_group_halt(pyw_worker_group *group)
{
    group->is_stopped = 1;
    group->is_retrying = 0;
    pyw_template_stop(group);
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        pyw_child_replace(child);
    }
}

static void unlink_child(pyw_worker_group *group, const pyw_child *child)
{
    pyw_child **link = &group->children;

    while (*link != child) {
        link = &(*link)->next;
    }
    *link = child->next;
}

/* It said READY and then got no thread: the next one would fare no better at once. */
static int could_not_serve(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == PYW_EXIT_ENGINE;
}

/* The program of a service group ended unasked. One that had run for long begins with the shortest pause again. */
static void program_ended(pyw_worker_group *group, const pyw_child *child)
{
    if (pyw_clock_ms() - child->started >= SERVICE_PROVEN_MS) {
        group->failures = 0;
    }
    pyw_worker_group_back_off(group);
    pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0397) "the program of service group '%s' is started again in %d s",
                  group->options->name, pyw_child_back_off(group->failures) / 1000);
}

void pyw_worker_group_bury(pyw_worker_group *group, pyw_child *child)
{
    int was_starting = child->state == PYW_CHILD_STARTING;
    struct rusage usage = {0};
    int status = 0;

    kill(-child->pid, SIGKILL); /* what it started and left behind */
    wait4(child->pid, &status, 0, &usage);
    pyw_log_intake_read_last(&group->intakes, child->pid, group->log);
    pyw_exit_report_write(child, status, (uint64_t)usage.ru_maxrss * 1024);
    unlink_child(group, child);
    if (was_starting) {
        pyw_worker_group_start_failed(child->group, child);
    }
    else if (could_not_serve(status)) {
        pyw_worker_group_back_off(group);
    }
    else if (pyw_worker_group_is_service(group) && child->state == PYW_CHILD_READY && status != PYW_EXIT_DRAINED) {
        program_ended(group, child);
    }
    pyw_spawn_free(child);
}

void pyw_worker_group_stop(pyw_worker_group *group, int limit_ms)
{
    group->is_stopping = 1;
    pyw_template_stop(group);
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        pyw_child_drain(child, limit_ms);
    }
}
