/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* wait4 */
#endif
#include "manager/pyw_worker_group.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "manager/pyw_group_log.h"
#include "manager/pyw_kept_code.h"
#include "manager/pyw_obituary.h"
#include "manager/pyw_recycle.h"
#include "manager/pyw_scale.h"
#include "manager/pyw_spawn.h"
#include "manager/pyw_template.h"
#include "wire/pyw_wait.h"

enum {
    STUCK_LIMIT_MS = 30 * 1000,   /* if graceful-timeout has no end */
    SERVICE_PROVEN_MS = 60 * 1000 /* how long the program of a service group runs if all is well */
};

static void change_state(pyw_child *child, pyw_child_event event)
{
    pyw_child_state state = pyw_child_next(child->state, event);

    if (state != child->state) {
        pyw_group_log(child->group, PYW_LOG_DEBUG, PYWNO(0311) "worker %ld of group '%s': %s -> %s", (long)child->pid,
                      child->group->options->name, pyw_child_state_name(child->state), pyw_child_state_name(state));
    }
    child->state = state;
}

static void drain(pyw_child *child, int limit_ms)
{
    if (child->state == PYW_CHILD_STARTING || child->state == PYW_CHILD_READY) {
        pyw_worker_group_send(child, PYW_FRAME_DRAIN, -1);
        change_state(child, PYW_EVENT_DRAIN);
        child->kill_at = INT64_MAX;
    }
    if (child->state == PYW_CHILD_DRAINING && limit_ms > 0 && child->kill_at > pyw_wait_now() + limit_ms) {
        child->kill_at = pyw_wait_now() + limit_ms;
    }
}

/* Its workers run a program and no requests. */
static int is_service(const pyw_worker_group *group)
{
    return group->options->threads == 0;
}

static int graceful_limit(const pyw_worker_group *group)
{
    return (int)apr_time_as_msec(is_service(group) ? group->options->shutdown_timeout
                                                   : group->options->graceful_timeout);
}

/* Its successor is there, or it is not wanted. */
static void replace(pyw_child *child)
{
    drain(child, graceful_limit(child->group));
}

static void start_failed(const pyw_child *child);

/* With everything that it started. */
static void kill_child(pyw_child *child)
{
    int was_starting = child->state == PYW_CHILD_STARTING;

    change_state(child, PYW_EVENT_KILL);
    child->kill_at = INT64_MAX;
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    if (was_starting) {
        start_failed(child); /* now, as the next one would be started before this one is buried */
    }
}

static int is_current(const pyw_child *child)
{
    return child->generation == child->group->generation && !child->is_recycled;
}

static int count_children(const pyw_worker_group *group, pyw_child_state state, int current)
{
    int count = 0;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        count += child->state == state && is_current(child) == current;
    }
    return count;
}

/* The worker to be replaced that has served longest. */
static pyw_child *oldest_replaceable(pyw_worker_group *group)
{
    pyw_child *oldest = NULL;

    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (!is_current(child) && child->state == PYW_CHILD_READY &&
            (oldest == NULL || child->started <= oldest->started)) {
            oldest = child;
        }
    }
    return oldest;
}

static void back_off(pyw_worker_group *group)
{
    group->failures++;
    group->start_at = pyw_wait_now() + pyw_child_back_off(group->failures);
}

void pyw_worker_group_adopt(pyw_worker_group *group, pyw_child *child)
{
    if (group->options->startup_timeout > 0) {
        child->kill_at = child->started + apr_time_as_msec(group->options->startup_timeout);
    }
    child->next = group->children;
    group->children = child;
    pyw_group_log(group, PYW_LOG_INFO, PYWNO(0313) "worker %ld of group '%s' starts", (long)child->pid,
                  group->options->name);
}

static void start_child(pyw_worker_group *group)
{
    pyw_problem problem;
    pyw_child *child = NULL;
    pyw_result result = PYW_OK;

    if (group->options->preload) {
        result = pyw_template_order(group, &problem);
    }
    else {
        child = pyw_spawn(group, &problem);
        result = child != NULL ? PYW_OK : PYW_FAILED;
    }
    if (result != PYW_OK) {
        pyw_group_log(group, PYW_LOG_CRIT, PYWNO(0312) "a worker of group '%s' cannot be started: %s",
                      group->options->name, problem.text);
        back_off(group);
    }
    else if (child != NULL) {
        pyw_worker_group_adopt(group, child);
    }
}

static int smaller(int one, int other)
{
    return one < other ? one : other;
}

static int count_all(const pyw_worker_group *group)
{
    int count = 0;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        count++;
    }
    return count;
}

/* How many workers are missing: while old ones are replaced, up to reload-overlap more than configured may run. */
static int missing(const pyw_worker_group *group)
{
    int starting = count_children(group, PYW_CHILD_STARTING, 1) + pyw_template_ordered(group);
    int current = starting + count_children(group, PYW_CHILD_READY, 1);
    int old = count_children(group, PYW_CHILD_READY, 0);
    int wanted = group->wanted;

    if (is_service(group)) {
        current = count_all(group); /* no program runs beside its successor */
    }
    if (group->is_stopping || group->is_stopped || group->is_handed || group->retire_at != INT64_MAX ||
        current >= wanted) {
        return 0;
    }
    if (current + old < wanted) {
        return wanted - current - old;
    }
    return smaller(group->options->reload_overlap - starting, wanted - current);
}

/*
 * They load code that is not wanted any more, and must not push out those that serve. The program of a service group
 * ends before its successor begins.
 */
static void drain_outdated(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if ((child->state == PYW_CHILD_STARTING || is_service(group)) && !is_current(child)) {
            replace(child);
        }
    }
}

/* Old workers that are not needed any more. */
static void drain_replaced(pyw_worker_group *group)
{
    int ready, old;

    drain_outdated(group);
    ready = count_children(group, PYW_CHILD_READY, 1);
    old = count_children(group, PYW_CHILD_READY, 0);
    for (; old > 0 && ready + old > group->wanted; old--) {
        replace(oldest_replaceable(group));
    }
    /* processes= became smaller, or the load did. */
    for (int extra = ready - group->wanted; extra > 0; extra--) {
        pyw_child *child = group->children;

        while (child->state != PYW_CHILD_READY) {
            child = child->next;
        }
        replace(child);
    }
}

static void say_why(const pyw_child *child)
{
    if (child->state == PYW_CHILD_STARTING) {
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0314) "worker %ld of group '%s' did not load its applications within startup-timeout "
                                  "(%.3g s) and is killed",
                      (long)child->pid, child->group->options->name,
                      (double)child->group->options->startup_timeout / APR_USEC_PER_SEC);
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
        if (child->kill_at <= pyw_wait_now()) {
            say_why(child);
            kill_child(child);
        }
        next = child->kill_at < next ? child->kill_at : next;
    }
    return next;
}

static void retire(pyw_worker_group *group)
{
    if (!group->is_stopping && group->retire_at <= pyw_wait_now()) {
        pyw_worker_group_stop(group, graceful_limit(group));
    }
}

static int64_t sooner(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* A Python that did not start may do so by now: a virtual environment is replaced while it is deployed. */
static void try_again(pyw_worker_group *group)
{
    if (group->is_retrying && group->retry_at <= pyw_wait_now()) {
        pyw_worker_group_roll(group);
    }
}

int64_t pyw_worker_group_step(pyw_worker_group *group)
{
    int64_t next, sample;

    retire(group);
    sample = pyw_scale_step(group);
    drain_replaced(group);
    try_again(group);
    next = pyw_template_step(group);
    if (group->start_at <= pyw_wait_now() && pyw_template_is_ready(group)) {
        for (int count = missing(group); count > 0 && group->start_at <= pyw_wait_now(); count--) {
            start_child(group);
        }
    }
    next = sooner(next, kill_overdue(group));
    if (missing(group) > 0 && pyw_template_is_ready(group)) {
        next = sooner(next, group->start_at);
    }
    next = sooner(next, sample);
    if (group->is_retrying) {
        next = sooner(next, group->retry_at);
    }
    return group->retire_at < next && !group->is_stopping ? group->retire_at : next;
}

/* The new code is no good: those that run the old one are what is wanted. */
static void keep_old(pyw_worker_group *group, const pyw_child *failed)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY) {
            child->generation = group->generation;
            child->is_recycled = 0;
        }
        else if (child->state == PYW_CHILD_STARTING && child != failed) {
            replace(child); /* it loads the same */
        }
    }
    pyw_template_keep_old(group);
    group->failures++;
    group->retry_at = pyw_wait_now() + pyw_child_back_off(group->failures);
    group->start_at = 0;
    pyw_kept_code_note(group, failed);
}

/* Old ones that are worth keeping. */
static int has_old(const pyw_worker_group *group)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY && !is_current(child) && !child->is_broken) {
            return 1;
        }
    }
    return 0;
}

/* Somebody of the group whose applications work, and who serves. */
static int has_healthy(const pyw_worker_group *group, const pyw_child *other_than)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child != other_than && child->state == PYW_CHILD_READY && !child->is_broken) {
            return 1;
        }
    }
    return 0;
}

/* Some run the code of this generation, others that of one before. */
static int is_half_replaced(const pyw_worker_group *group, const pyw_child *other_than)
{
    int new_ones = 0, old_ones = 0;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child != other_than && child->state == PYW_CHILD_READY) {
            new_ones += child->generation == group->generation;
            old_ones += child->generation != group->generation;
        }
    }
    return new_ones > 0 && old_ones > 0;
}

/*
 * If others run the new code already, it is not the code: the replacement goes on later, and no old worker is taken for
 * a new one.
 */
void pyw_worker_group_start_failed(pyw_worker_group *group, const pyw_child *failed)
{
    if ((failed == NULL || is_current(failed)) && has_old(group) && !is_half_replaced(group, failed)) {
        keep_old(group, failed);
        return;
    }
    back_off(group);
    if (failed != NULL && failed->is_broken) {
        pyw_kept_code_say_later(failed);
    }
}

static void start_failed(const pyw_child *child)
{
    pyw_worker_group_start_failed(child->group, child);
}

void pyw_worker_group_reject(pyw_worker_group *group, const pyw_child *failed)
{
    if (has_old(group)) {
        keep_old(group, failed);
    }
}

/* They keep the requests that they have, which nobody will answer. */
static void kill_stuck(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->is_stuck && child->state == PYW_CHILD_DRAINING) {
            kill_child(child);
        }
    }
}

/* It accepts nothing more, and is killed as soon as a successor is ready, or at graceful-timeout. */
static void stuck(pyw_child *child)
{
    int limit = graceful_limit(child->group);

    if (child->is_stuck) {
        return;
    }
    child->is_stuck = 1;
    pyw_group_log(child->group, PYW_LOG_ERR,
                  PYWNO(0322) "worker %ld of group '%s' does not respond (see its records): it is replaced and killed",
                  (long)child->pid, child->group->options->name);
    if (child->state == PYW_CHILD_DRAINING || is_service(child->group)) {
        kill_child(child);
    }
    drain(child, limit > 0 ? limit : STUCK_LIMIT_MS);
}

static void loaded(pyw_child *child, int is_broken)
{
    pyw_worker_group *group = child->group;
    int was_starting = child->state == PYW_CHILD_STARTING;

    change_state(child, PYW_EVENT_LOADED);
    if (!was_starting || child->state != PYW_CHILD_READY) {
        return;
    }
    child->is_broken = is_broken;
    child->kill_at = INT64_MAX;
    pyw_recycle_measure(child);
    if (is_broken && has_healthy(group, child)) {
        start_failed(child);
        replace(child);
        return;
    }
    if (is_broken) {
        pyw_worker_group_send(child, PYW_FRAME_SERVE, -1);
    }
    else {
        memset(group->refused_scripts, 0, sizeof(group->refused_scripts));
    }
    group->failures = is_service(group) ? group->failures : 0;
    kill_stuck(group);
    pyw_group_log(group, is_broken ? PYW_LOG_ERR : PYW_LOG_INFO, PYWNO(0317) "worker %ld of group '%s' is ready%s",
                  (long)child->pid, group->options->name,
                  is_broken ? ", but an application, or a script of WSGIImportScript, could not be loaded: requests "
                              "for that application get 500 until it can"
                            : "");
}

void pyw_worker_group_halt(pyw_worker_group *group)
{
    group->is_stopped = 1;
    group->is_retrying = 0;
    group->refusal_at = 0;
    pyw_template_stop(group);
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        replace(child);
    }
}

int pyw_worker_group_is_settled(const pyw_worker_group *group)
{
    return missing(group) == 0 && count_children(group, PYW_CHILD_STARTING, 1) == 0 &&
           count_children(group, PYW_CHILD_STARTING, 0) == 0 && count_children(group, PYW_CHILD_READY, 0) == 0;
}

/* Said by a worker every second while a request in it does not end; its other threads serve on meanwhile. */
static void overdue(pyw_child *child)
{
    const pyw_worker_group *group = child->group;

    if (is_current(child) && child->state == PYW_CHILD_READY && !group->is_stopping &&
        pyw_wait_now() >= group->retry_at) {
        pyw_recycle_mark(child, "a request in it does not end although its time is up (see its records)");
    }
}

static void obey(pyw_child *child, const pyw_frame *frame)
{
    switch (frame->type) {
    case PYW_FRAME_READY:
        loaded(child, 0);
        break;
    case PYW_FRAME_BROKEN:
        loaded(child, 1);
        break;
    case PYW_FRAME_STALE:
        if (is_current(child) && child->state == PYW_CHILD_READY) {
            pyw_worker_group_stale(child->group, child);
        }
        break;
    case PYW_FRAME_RENEW:
        pyw_worker_group_renew(child);
        break;
    case PYW_FRAME_STUCK:
        stuck(child);
        break;
    case PYW_FRAME_OVERDUE:
        overdue(child);
        break;
    default:
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0319) "worker %ld of group '%s' sent %s, which is not its to send", (long)child->pid,
                      child->group->options->name, pyw_frame_type_name(frame->type));
        kill_child(child);
    }
}

void pyw_worker_group_listen(pyw_worker_group *group, pyw_child *child)
{
    pyw_frame frame;
    pyw_result result = PYW_OK;

    while (result == PYW_OK) {
        result = pyw_channel_read(child->channel, &frame, 0);
        if (result == PYW_OK) {
            obey(child, &frame);
        }
    }
    if (result == PYW_AGAIN) {
        return;
    }
    if (result == PYW_MALFORMED) {
        pyw_group_log(group, PYW_LOG_ERR,
                      PYWNO(0320) "worker %ld of group '%s' does not keep to the protocol and is killed",
                      (long)child->pid, group->options->name);
        kill_child(child);
    }
    /* It has ended, or an application closed the descriptor: then it cannot be steered any more and must end. */
    pyw_channel_close(child->channel);
    kill(child->pid, SIGTERM);
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
    if (pyw_wait_now() - child->started >= SERVICE_PROVEN_MS) {
        group->failures = 0;
    }
    back_off(group);
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
    pyw_obituary_write(child, status, (uint64_t)usage.ru_maxrss * 1024);
    unlink_child(group, child);
    if (was_starting) {
        start_failed(child);
    }
    else if (could_not_serve(status)) {
        back_off(group);
    }
    else if (is_service(group) && child->state == PYW_CHILD_READY && status != PYW_EXIT_DRAINED) {
        program_ended(group, child);
    }
    pyw_spawn_free(child);
}

void pyw_worker_group_stop(pyw_worker_group *group, int limit_ms)
{
    group->is_stopping = 1;
    pyw_template_stop(group);
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        drain(child, limit_ms);
    }
}

static int accepts(const pyw_worker_group *group)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY || child->state == PYW_CHILD_STARTING) {
            return 1;
        }
    }
    return 0;
}

int pyw_worker_group_is_down(const pyw_worker_group *group)
{
    if (group->is_stopping || is_service(group) || group->is_handed || group->has_predecessor) {
        return 0;
    }
    return group->is_stopped ? !accepts(group) : group->children == NULL && group->start_at > pyw_wait_now();
}
