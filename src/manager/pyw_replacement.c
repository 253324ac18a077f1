/* SPDX-License-Identifier: Apache-2.0 */
/* What begins the replacement of a group's workers; pyw_worker_group.c goes the steps. */
#include "manager/pyw_group_log.h"
#include "manager/pyw_kept_code.h"
#include "manager/pyw_reload_watch.h"
#include "manager/pyw_worker_group.h"
#include "wire/pyw_wait.h"

void pyw_worker_group_roll(pyw_worker_group *group)
{
    group->generation++;
    group->start_at = 0;
    group->is_retrying = 0;
    group->rolled_scripts = 0;
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

    if (pyw_wait_now() < group->retry_at || pyw_kept_code_is_refused(group, scripts)) {
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
