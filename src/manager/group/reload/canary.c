/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reload/canary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "manager/group/reload/replacement.h"
#include "manager/group/state.h"

enum { LOOK_MS = 200 };

void pyw_canary_begin(pyw_worker_group *group, int64_t limit_ms)
{
    pyw_canary *canary = &group->canary;

    canary->is_wanted = limit_ms > 0;
    canary->limit_ms = pyw_group_count_loaded(group, 0) > 0 ? limit_ms : 0;
    canary->generation = group->generation;
    canary->pid = 0;
    canary->requests = 0;
    canary->has_passed = 0;
}

/* The canary, once it has loaded its applications; NULL: it has not, or has ended. */
static pyw_child *find_canary(const pyw_worker_group *group)
{
    pyw_child *child = LIST_FIRST(&group->children);

    while (child != NULL && (group->canary.pid == 0 || child->pid != group->canary.pid)) {
        child = LIST_NEXT(child, next);
    }
    return child;
}

void pyw_canary_loaded(pyw_child *child)
{
    pyw_canary *canary = &child->group->canary;

    if (!pyw_worker_group_has_canary(child->group) || canary->pid != 0 || !pyw_child_is_current(child)) {
        return;
    }
    child->is_canary = 1;
    canary->pid = child->pid;
    canary->until = pyw_clock_ms() + canary->limit_ms;
}

static int has_failed_before(const pyw_known_failures *known, uint64_t kind)
{
    for (int i = 0; i < PYW_KNOWN_FAILURES; i++) {
        if (known->kinds[i] == kind) {
            return 1;
        }
    }
    return 0;
}

/* The worker writes the board, so nothing in it is trusted. */
static int is_on_board(const pyw_child *child, uint64_t kind)
{
    for (int i = 0; child->board != NULL && i < PYW_BOARD_FAILURES; i++) {
        if (child->board->failures[i].kind == kind) {
            return 1;
        }
    }
    return 0;
}

static int is_old_failure(const pyw_worker_group *group, uint64_t kind)
{
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (!child->is_canary && is_on_board(child, kind)) {
            return 1;
        }
    }
    return has_failed_before(&group->known_failures, kind);
}

/* A failure of the canary that no worker with the old code has had; NULL: none. */
static const pyw_board_failure *find_new_failure(const pyw_child *canary)
{
    for (int i = 0; canary->board != NULL && i < PYW_BOARD_FAILURES; i++) {
        uint64_t kind = canary->board->failures[i].kind;

        if (kind != 0 && !is_old_failure(canary->group, kind)) {
            return &canary->board->failures[i];
        }
    }
    return NULL;
}

void pyw_canary_remember(const pyw_child *child)
{
    pyw_known_failures *known = &child->group->known_failures;

    for (int i = 0; !child->is_canary && child->board != NULL && i < PYW_BOARD_FAILURES; i++) {
        uint64_t kind = child->board->failures[i].kind;

        if (kind != 0 && !has_failed_before(known, kind)) {
            known->kinds[known->next++ % PYW_KNOWN_FAILURES] = kind;
        }
    }
}

/* Why the canary cannot pass; NULL: it may pass. `failure` is set if an application is to blame. */
static const char *find_fault(const pyw_child *child, const pyw_board_failure **failure)
{
    *failure = NULL;
    if (child == NULL) {
        return "it died";
    }
    if (child->state == PYW_CHILD_STUCK) {
        return "its Python does not respond";
    }
    if (!pyw_child_is_loaded(child)) {
        return "it has ended";
    }
    if (child->is_recycled) {
        return "it had to be replaced";
    }
    *failure = find_new_failure(child);
    return *failure != NULL ? "it failed in a way in which the old workers did not" : NULL;
}

static void pass(pyw_worker_group *group)
{
    pyw_canary *canary = &group->canary;
    pyw_child *child = find_canary(group);

    canary->has_passed = 1;
    if (child != NULL) {
        child->is_canary = 0;
    }
    pyw_group_log(group, PYW_LOG_NOTICE,
                  PYWNO(0409) "group '%s': the canary (worker %ld) has answered %" PRIu64
                              " requests in %.3g s without a new kind of failure: the other workers are replaced",
                  group->options->name, (long)canary->pid, canary->requests, (double)canary->limit_ms / 1000);
}

static void watch(pyw_worker_group *group)
{
    pyw_canary *canary = &group->canary;
    pyw_child *child = find_canary(group);
    const pyw_board_failure *failure;
    const char *fault = find_fault(child, &failure);

    if (child != NULL && child->board != NULL) {
        canary->requests = child->board->served;
    }
    if (fault != NULL) {
        pyw_worker_group_reject_canary(group, child, fault, failure);
    }
    else if (canary->until <= pyw_clock_ms() || pyw_group_count_loaded(group, 0) == 0) {
        pass(group);
    }
}

int64_t pyw_canary_step(pyw_worker_group *group)
{
    int64_t soon = pyw_clock_ms() + LOOK_MS;

    if (pyw_worker_group_has_canary(group) && group->canary.pid != 0) {
        watch(group);
    }
    if (!pyw_worker_group_has_canary(group) || group->canary.pid == 0) {
        return INT64_MAX;
    }
    return group->canary.until < soon ? group->canary.until : soon;
}

int pyw_canary_describe(const pyw_worker_group *group, unsigned generation, char text[PYW_CANARY_TEXT])
{
    const pyw_canary *canary = &group->canary;
    int64_t left = canary->until - pyw_clock_ms();

    if (!canary->is_wanted || canary->generation != generation) {
        return 0;
    }
    if (canary->limit_ms == 0) {
        snprintf(text, PYW_CANARY_TEXT, "there was no canary, because no older worker served");
    }
    else if (canary->pid == 0) {
        snprintf(text, PYW_CANARY_TEXT, "the canary loads the new code");
    }
    else if (canary->has_passed && canary->requests == 0) {
        snprintf(text, PYW_CANARY_TEXT, "the canary (worker %ld) had no request in %.3g s", (long)canary->pid,
                 (double)canary->limit_ms / 1000);
    }
    else if (canary->has_passed) {
        snprintf(text, PYW_CANARY_TEXT, "the canary (worker %ld) answered %" PRIu64 " requests in %.3g s",
                 (long)canary->pid, canary->requests, (double)canary->limit_ms / 1000);
    }
    else {
        snprintf(text, PYW_CANARY_TEXT, "the canary (worker %ld) has answered %" PRIu64 " requests, %d s are left",
                 (long)canary->pid, canary->requests, left > 0 ? (int)((left + 999) / 1000) : 0);
    }
    return 1;
}
