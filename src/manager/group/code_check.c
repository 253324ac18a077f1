/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/code_check.h"

#include <stdio.h>
#include <string.h>

#include "manager/group/replacement.h"

/* A process of an older generation is being replaced. */
static int is_concerned(const pyw_child *child)
{
    return child->state < PYW_CHILD_DRAINING && pyw_child_is_current(child);
}

static void replace(pyw_worker_group *group, const char *reason)
{
    pyw_group_log(group, PYW_LOG_NOTICE,
                  PYWNO(0398) "httpd was restarted, and the workers of group '%s' are replaced: %s",
                  group->options->name, reason);
    group->is_checked = 0;
    pyw_worker_group_roll(group);
}

static void ask(pyw_worker_group *group, pyw_child *first)
{
    for (pyw_child *child = first; child != NULL; child = child->next) {
        if (is_concerned(child) && pyw_channel_fd(child->channel) >= 0) {
            pyw_child_send(child, PYW_FRAME_CHECK_FILES, -1);
            child->restart = ++child->asked;
            group->is_checked = 1;
        }
    }
}

void pyw_code_check_restart(pyw_worker_group *group)
{
    if (group->phase != PYW_PHASE_SERVING) {
        return;
    }
    if (group->options->worker.reload_at_restart == PYW_RELOAD_ALWAYS) {
        replace(group, "reload-at-restart=always");
    }
    else if (group->options->worker.reload_at_restart == PYW_RELOAD_AUTO) {
        ask(group, group->children);
        ask(group, group->templates);
    }
}

/* The process can write to its board at any time. */
static void describe_change(const pyw_child *child, char *reason, size_t size)
{
    char path[PYW_PROBLEM_LINE] = "a file";

    if (child->board != NULL) {
        pyw_log_escape(path, sizeof(path), child->board->changed,
                       strnlen(child->board->changed, sizeof(child->board->changed)));
    }
    snprintf(reason, size, "%s has changed since %s %ld loaded it", path, pyw_child_kind(child), (long)child->pid);
}

void pyw_code_check_answer(pyw_child *child, int is_changed)
{
    char reason[PYW_PROBLEM_LINE + 100];

    if (child->answered == child->asked) {
        return; /* it was not asked */
    }
    child->answered++;
    if (is_changed && is_concerned(child) && child->group->phase == PYW_PHASE_SERVING) {
        describe_change(child, reason, sizeof(reason));
        replace(child->group, reason);
    }
}

static int has_to_answer(const pyw_child *first)
{
    for (const pyw_child *child = first; child != NULL; child = child->next) {
        if (is_concerned(child) && child->answered < child->restart) {
            return 1;
        }
    }
    return 0;
}

void pyw_code_check_step(pyw_worker_group *group)
{
    if (group->is_checked && !has_to_answer(group->children) && !has_to_answer(group->templates)) {
        group->is_checked = 0;
        pyw_group_log(group, PYW_LOG_NOTICE,
                      PYWNO(0399) "httpd was restarted, and the workers of group '%s' stay: no file that they have "
                                  "loaded has changed",
                      group->options->name);
    }
}
