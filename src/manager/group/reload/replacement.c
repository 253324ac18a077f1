/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reload/replacement.h"

#include "base/clock.h"
#include "manager/child/template.h"
#include "manager/group/reload/failed_code.h"
#include "manager/group/reload/reload_watch.h"

void pyw_worker_group_roll(pyw_worker_group *group, pyw_reload_cause cause)
{
    const pyw_reload_record reload = {.at = time(NULL), .cause = cause, .result = PYW_RELOAD_RUNNING};

    group->stats.reload = reload;
    group->generation++;
    group->start_at = 0;
    group->failed.replaced_by = 0;
    group->code = PYW_CODE_NEW;
    pyw_reload_watch_note(&group->reload_watch);
}

void pyw_worker_group_resume(pyw_worker_group *group)
{
    pyw_worker_group_change(group, PYW_PHASE_RESUME);
    if (group->code == PYW_CODE_RETRIED) {
        group->code = PYW_CODE_PROVEN;
    }
    group->failures = 0;
    group->start_at = 0;
    group->retry_at = 0;
    group->failed.generation = 0;
}

void pyw_worker_group_stale(pyw_worker_group *group, const pyw_child *sender)
{
    uint64_t scripts = sender->board != NULL ? sender->board->scripts : 0;

    if (pyw_clock_ms() < group->retry_at || pyw_failed_code_is_refused(group, scripts)) {
        return;
    }
    pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0318) "a script of group '%s' changed: its workers are replaced",
                  group->options->name);
    pyw_worker_group_roll(group, PYW_RELOAD_BY_SCRIPT);
    group->failed.replaced_by = scripts;
}

void pyw_worker_group_files_changed(pyw_worker_group *group, const char *path)
{
    if (path == NULL || group->phase > PYW_PHASE_STOPPED || pyw_clock_ms() < group->retry_at) {
        return;
    }
    pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0323) "%s changed: the workers of group '%s' are replaced (reload-on)",
                  path, group->options->name);
    pyw_worker_group_roll(group, PYW_RELOAD_BY_FILE);
}

void pyw_worker_group_renew(pyw_child *child)
{
    if (!pyw_child_is_loaded(child) || child->is_recycled) {
        return;
    }
    pyw_group_log(child->group, PYW_LOG_NOTICE,
                  PYWNO(0354) "worker %ld of group '%s' is replaced: it got SIGUSR1 or SIGINT", (long)child->pid,
                  child->group->options->name);
    child->is_recycled = child->is_evicted = 1;
    child->end_reason = PYW_END_SIGNAL;
}

void pyw_worker_group_back_off(pyw_worker_group *group)
{
    group->failures++;
    group->start_at = pyw_clock_ms() + pyw_child_back_off(group->failures);
}

/* The workers with the old code become the current ones. */
static void make_old_current(pyw_worker_group *group, const pyw_child *failed)
{
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (pyw_child_is_loaded(child) && child != failed) {
            child->generation = group->generation;
            child->is_recycled = 0;
            child->end_reason = PYW_END_SHUTDOWN;
            child->replaced_for = 0;
        }
        else if (child->state == PYW_CHILD_STARTING && child != failed) {
            pyw_child_replace(child); /* it loads the same code */
        }
    }
    group->start_at = 0;
}

/* The new code does not load. */
static void keep_old(pyw_worker_group *group, const pyw_child *failed)
{
    make_old_current(group, failed);
    group->failures++;
    group->retry_at = pyw_clock_ms() + pyw_child_back_off(group->failures);
    pyw_failed_code_note(group, failed);
    pyw_template_keep_old(group); /* may drain `failed` */
}

/* Are there old workers whose applications work? */
static int has_old(const pyw_worker_group *group)
{
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (child->state == PYW_CHILD_READY && !pyw_child_is_current(child)) {
            return 1;
        }
    }
    return 0;
}

/* Do some workers run the code of this generation, and others older code? */
static int is_half_replaced(const pyw_worker_group *group, const pyw_child *other_than)
{
    int new_ones = 0, old_ones = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (child != other_than && pyw_child_is_loaded(child)) {
            new_ones += child->generation == group->generation;
            old_ones += child->generation != group->generation;
        }
    }
    return new_ones > 0 && old_ones > 0;
}

/* With preload=On a new worker is a cheap fork of proven code, so its first death causes no pause. */
static int is_forgiven(const pyw_worker_group *group, const pyw_child *failed)
{
    return group->options->manager.preload && group->code != PYW_CODE_NEW && group->failures == 1 && failed != NULL &&
           !failed->is_template && failed->state != PYW_CHILD_BROKEN;
}

/*
 * If other workers run the new code already, the code is not at fault: the replacement continues after the pause, and
 * the old workers keep their generation.
 */
void pyw_worker_group_start_failed(pyw_worker_group *group, const pyw_child *failed)
{
    if ((failed == NULL || pyw_child_is_current(failed)) && has_old(group) && !is_half_replaced(group, failed)) {
        keep_old(group, failed);
        return;
    }
    pyw_worker_group_back_off(group);
    if (is_forgiven(group, failed)) {
        group->start_at = 0;
    }
    if (failed != NULL && failed->state == PYW_CHILD_BROKEN) {
        pyw_failed_code_log_later(failed);
    }
}

void pyw_worker_group_reject(pyw_worker_group *group, const pyw_child *failed)
{
    if (has_old(group)) {
        keep_old(group, failed);
    }
}

void pyw_worker_group_reject_canary(pyw_worker_group *group, pyw_child *canary, const char *fault,
                                    const pyw_board_failure *failure)
{
    make_old_current(group, canary);
    pyw_failed_code_note_canary(group, canary, fault, failure);
    pyw_template_keep_old(group);
    if (canary != NULL && pyw_child_is_loaded(canary)) {
        pyw_child_replace(canary);
    }
}
