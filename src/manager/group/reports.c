/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reports.h"

#include "base/clock.h"
#include "manager/child/exit_report.h"
#include "manager/child/measure.h"
#include "manager/child/template.h"
#include "manager/group/reload/canary.h"
#include "manager/group/reload/code_check.h"
#include "manager/group/reload/failed_code.h"
#include "manager/group/recycle.h"
#include "manager/group/reload/replacement.h"

enum { STUCK_LIMIT_MS = 30 * 1000 }; /* if graceful-timeout is unlimited */

static int has_other_ready(const pyw_child *child)
{
    const pyw_child *other;

    LIST_FOREACH (other, &child->group->children, next) {
        if (other != child && other->state == PYW_CHILD_READY) {
            return 1;
        }
    }
    return 0;
}

/* A successor is ready. Nobody will answer the requests that stuck workers still have. */
static void kill_stuck(pyw_worker_group *group)
{
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (child->state == PYW_CHILD_STUCK) {
            pyw_child_kill(child);
        }
    }
}

/* The worker drains, and is killed when a successor is ready, or at graceful-timeout. */
static void child_is_stuck(pyw_child *child)
{
    int limit = pyw_worker_group_graceful_limit(child->group);
    int was_draining = child->state >= PYW_CHILD_DRAINING;

    pyw_child_change(child, PYW_EVENT_STUCK);
    if (child->state != PYW_CHILD_STUCK) {
        return;
    }
    pyw_group_log(child->group, PYW_LOG_ERR,
                  PYWNO(0322) "worker %ld of group '%s' does not respond (see its records): it is replaced and killed",
                  (long)child->pid, child->group->options->name);
    pyw_exit_report_note_stuck(child);
    pyw_child_replaced_for(child, PYW_RESTART_STUCK);
    if (was_draining || pyw_worker_group_is_service(child->group)) {
        pyw_child_kill(child);
        return;
    }
    child->is_recycled = 1;
    child->end_reason = PYW_END_DEADLOCK_TIMEOUT;
    pyw_child_send(child, PYW_FRAME_DRAIN, -1);
    pyw_child_drain(child, limit > 0 ? limit : STUCK_LIMIT_MS);
}

static void worker_loaded(pyw_child *child, pyw_child_event event)
{
    pyw_worker_group *group = child->group;
    int was_starting = child->state == PYW_CHILD_STARTING;
    int is_broken = event == PYW_EVENT_BROKEN;

    pyw_child_change(child, event);
    if (!was_starting || !pyw_child_is_loaded(child)) {
        return;
    }
    child->kill_at = INT64_MAX;
    pyw_measure_child(child);
    if (is_broken) {
        pyw_child_note_problem(child);
        if (has_other_ready(child)) {
            pyw_worker_group_start_failed(group, child);
            pyw_child_replace(child);
            return;
        }
        pyw_child_send(child, PYW_FRAME_SERVE, -1);
    }
    else {
        pyw_canary_loaded(child);
        pyw_failed_code_forget(child);
        if (group->code == PYW_CODE_NEW && child->generation == group->generation) {
            group->code = PYW_CODE_PROVEN;
        }
    }
    group->failures = pyw_worker_group_is_service(group) ? group->failures : 0;
    kill_stuck(group);
    pyw_group_log(group, is_broken ? PYW_LOG_ERR : PYW_LOG_INFO, PYWNO(0317) "worker %ld of group '%s' is ready%s",
                  (long)child->pid, group->options->name,
                  is_broken ? ", but an application, or a script of WSGIImportScript, could not be loaded: requests "
                              "for that application get 500 until it can"
                            : "");
}

static void child_loaded(pyw_child *child, pyw_child_event event)
{
    if (!child->is_template) {
        worker_loaded(child, event);
        return;
    }
    pyw_template_loaded(child, event);
    if (child->state == PYW_CHILD_BROKEN && child->generation == child->group->generation) {
        pyw_worker_group_reject(child->group, child);
    }
}

void pyw_worker_group_look(pyw_worker_group *group)
{
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (pyw_child_is_mended(child)) {
            pyw_child_change(child, PYW_EVENT_MENDED);
            child->problem[0] = '\0';
            pyw_group_log(group, PYW_LOG_NOTICE,
                          PYWNO(0373) "worker %ld of group '%s' has loaded the application that did not load before",
                          (long)child->pid, group->options->name);
        }
    }
}

/* The worker sends OVERDUE every second while a request in it does not end. Its other threads continue to serve. */
static void child_is_overdue(pyw_child *child)
{
    const pyw_worker_group *group = child->group;

    if (pyw_child_is_current(child) && pyw_child_is_loaded(child) && group->phase == PYW_PHASE_SERVING &&
        pyw_clock_ms() >= group->retry_at) {
        pyw_recycle_mark(child, PYW_END_REQUEST_TIMEOUT,
                         "a request in it does not end although its time is up (see its records)");
    }
}

void pyw_group_report(pyw_worker_group *group, pyw_child *child, pyw_report what)
{
    switch (what) {
    case PYW_REPORT_READY:
        child_loaded(child, PYW_EVENT_LOADED);
        break;
    case PYW_REPORT_BROKEN:
        child_loaded(child, PYW_EVENT_BROKEN);
        break;
    case PYW_REPORT_STALE:
        if (pyw_child_is_current(child) && pyw_child_is_loaded(child)) {
            pyw_worker_group_stale(group, child);
        }
        break;
    case PYW_REPORT_RENEW:
        pyw_worker_group_renew(child);
        break;
    case PYW_REPORT_STUCK:
        child_is_stuck(child);
        break;
    case PYW_REPORT_FINISHING:
        pyw_child_change(child, PYW_EVENT_FINISHING);
        break;
    case PYW_REPORT_LARGE:
        pyw_recycle_large(child);
        break;
    case PYW_REPORT_CHANGED:
    case PYW_REPORT_UNCHANGED:
        pyw_code_check_answer(child, what == PYW_REPORT_CHANGED);
        break;
    case PYW_REPORT_OVERDUE:
        child_is_overdue(child);
        break;
    case PYW_REPORT_START_FAILED:
        pyw_worker_group_start_failed(group, child);
        break;
    }
}
