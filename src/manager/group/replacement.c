/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/replacement.h"

#include "base/clock.h"
#include "manager/child/template.h"
#include "manager/group/failed_code.h"
#include "manager/group/reload_watch.h"

void pyw_worker_group_roll(pyw_worker_group *group)
{
    group->generation++;
    group->start_at = 0;
    group->is_retrying = 0;
    group->rolled_scripts = 0;
    group->is_proven = 0;
    pyw_reload_watch_begin(group);
}

void pyw_worker_group_resume(pyw_worker_group *group)
{
    group->is_stopped = 0;
    group->failures = 0;
    group->start_at = 0;
    group->retry_at = 0;
    group->is_retrying = 0;
    group->refused_generation = 0;
}

void pyw_worker_group_stale(pyw_worker_group *group, const pyw_child *sender)
{
    uint64_t scripts = sender->board != NULL ? sender->board->scripts : 0;

    if (pyw_clock_ms() < group->retry_at || pyw_failed_code_is_refused(group, scripts)) {
        return;
    }
    pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0318) "a script of group '%s' changed: its workers are replaced",
                  group->options->name);
    pyw_worker_group_roll(group);
    group->rolled_scripts = scripts;
}

void pyw_worker_group_renew(pyw_child *child)
{
    if (child->state != PYW_CHILD_READY || child->is_recycled) {
        return;
    }
    pyw_group_log(child->group, PYW_LOG_NOTICE, PYWNO(0354) "worker %ld of group '%s' is replaced: it got SIGUSR1",
                  (long)child->pid, child->group->options->name);
    child->is_recycled = 1;
}

void pyw_worker_group_back_off(pyw_worker_group *group)
{
    group->failures++;
    group->start_at = pyw_clock_ms() + pyw_child_back_off(group->failures);
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
            pyw_child_replace(child); /* it loads the same */
        }
    }
    pyw_template_keep_old(group);
    group->is_proven = 1;
    group->failures++;
    group->retry_at = pyw_clock_ms() + pyw_child_back_off(group->failures);
    group->start_at = 0;
    pyw_failed_code_note(group, failed);
}

/* Old ones that are worth keeping. */
static int has_old(const pyw_worker_group *group)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY && !pyw_child_is_current(child) && !child->is_broken) {
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

/* A fork of what others have been forked from, and it costs next to nothing: one of them is no reason to wait. */
static int is_forgiven(const pyw_worker_group *group, const pyw_child *failed)
{
    return group->options->manager.preload && group->is_proven && group->failures == 1 && failed != NULL &&
           !failed->is_template && !failed->is_broken;
}

/*
 * If others run the new code already, it is not the code: the replacement goes on later, and no old worker is taken for
 * a new one.
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
    if (failed != NULL && failed->is_broken) {
        pyw_failed_code_say_later(failed);
    }
}

void pyw_worker_group_reject(pyw_worker_group *group, const pyw_child *failed)
{
    if (has_old(group)) {
        keep_old(group, failed);
    }
}
