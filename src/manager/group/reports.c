/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reports.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "manager/child/measure.h"
#include "manager/group/failed_code.h"
#include "manager/group/recycle.h"
#include "manager/group/replacement.h"

enum { STUCK_LIMIT_MS = 30 * 1000 }; /* if graceful-timeout has no end */

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

/* They keep the requests that they have, which nobody will answer. */
static void kill_stuck(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->is_stuck && child->state == PYW_CHILD_DRAINING) {
            pyw_child_kill(child);
        }
    }
}

/* It accepts nothing more, and is killed as soon as a successor is ready, or at graceful-timeout. */
static void stuck(pyw_child *child)
{
    int limit = pyw_worker_group_graceful_limit(child->group);

    if (child->is_stuck) {
        return;
    }
    child->is_stuck = 1;
    pyw_group_log(child->group, PYW_LOG_ERR,
                  PYWNO(0322) "worker %ld of group '%s' does not respond (see its records): it is replaced and killed",
                  (long)child->pid, child->group->options->name);
    if (child->state == PYW_CHILD_DRAINING || pyw_worker_group_is_service(child->group)) {
        pyw_child_kill(child);
    }
    pyw_child_drain(child, limit > 0 ? limit : STUCK_LIMIT_MS);
}

static void child_loaded(pyw_child *child, int is_broken)
{
    pyw_worker_group *group = child->group;
    int was_starting = child->state == PYW_CHILD_STARTING;

    pyw_child_change(child, PYW_EVENT_LOADED);
    if (!was_starting || child->state != PYW_CHILD_READY) {
        return;
    }
    child->is_broken = is_broken;
    if (is_broken) {
        pyw_child_note_problem(child);
    }
    child->kill_at = INT64_MAX;
    pyw_measure_child(child);
    if (is_broken && has_healthy(group, child)) {
        pyw_worker_group_start_failed(child->group, child);
        pyw_child_replace(child);
        return;
    }
    if (is_broken) {
        pyw_child_send(child, PYW_FRAME_SERVE, -1);
    }
    else {
        pyw_failed_code_forget(child);
        memset(group->refused_scripts, 0, sizeof(group->refused_scripts));
        group->is_proven |= child->generation == group->generation;
    }
    group->failures = pyw_worker_group_is_service(group) ? group->failures : 0;
    kill_stuck(group);
    pyw_group_log(group, is_broken ? PYW_LOG_ERR : PYW_LOG_INFO, PYWNO(0317) "worker %ld of group '%s' is ready%s",
                  (long)child->pid, group->options->name,
                  is_broken ? ", but an application, or a script of WSGIImportScript, could not be loaded: requests "
                              "for that application get 500 until it can"
                            : "");
}

void pyw_worker_group_look(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (pyw_child_is_mended(child)) {
            child->is_broken = 0;
            pyw_group_log(group, PYW_LOG_NOTICE,
                          PYWNO(0373) "worker %ld of group '%s' has loaded the application that did not load before",
                          (long)child->pid, group->options->name);
        }
    }
}

/* Said by a worker every second while a request in it does not end; its other threads serve on meanwhile. */
static void child_is_overdue(pyw_child *child)
{
    const pyw_worker_group *group = child->group;

    if (pyw_child_is_current(child) && child->state == PYW_CHILD_READY && !group->is_stopping &&
        pyw_clock_ms() >= group->retry_at) {
        pyw_recycle_mark(child, "a request in it does not end although its time is up (see its records)");
    }
}

void pyw_group_report(pyw_worker_group *group, pyw_child *child, pyw_report what)
{
    switch (what) {
    case PYW_REPORT_READY:
    case PYW_REPORT_BROKEN:
        child_loaded(child, what == PYW_REPORT_BROKEN);
        break;
    case PYW_REPORT_STALE:
        if (pyw_child_is_current(child) && child->state == PYW_CHILD_READY) {
            pyw_worker_group_stale(group, child);
        }
        break;
    case PYW_REPORT_RENEW:
        pyw_worker_group_renew(child);
        break;
    case PYW_REPORT_STUCK:
        stuck(child);
        break;
    case PYW_REPORT_FINISHING:
        child->is_finishing = 1;
        break;
    case PYW_REPORT_LARGE:
        pyw_recycle_told(child);
        break;
    case PYW_REPORT_OVERDUE:
        child_is_overdue(child);
        break;
    case PYW_REPORT_START_FAILED:
        pyw_worker_group_start_failed(group, child);
        break;
    case PYW_REPORT_REJECTED:
        pyw_worker_group_reject(group, child);
        break;
    }
}
