/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reload/code_check.h"

#include <stdio.h>
#include <string.h>

#include "manager/group/reload/replacement.h"

/* A process of an older generation is being replaced already. */
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
    pyw_worker_group_roll(group, PYW_RELOAD_BY_RESTART);
}

static void send_check_files(pyw_child *child, uint16_t flags)
{
    if (is_concerned(child) && pyw_channel_fd(child->channel) >= 0) {
        pyw_channel_queue(child->channel, PYW_FRAME_CHECK_FILES, flags, NULL, 0, -1);
        pyw_child_send_queued(child);
        child->asked++;
    }
}

static void ask_after_restart(pyw_worker_group *group, const pyw_child_list *list)
{
    pyw_child *child;

    LIST_FOREACH (child, list, next) {
        unsigned before = child->asked;

        send_check_files(child, 0);
        if (child->asked != before) {
            child->restart = child->asked;
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
        ask_after_restart(group, &group->children);
        ask_after_restart(group, &group->templates);
    }
}

static void ask_for_code(const pyw_child_list *list)
{
    pyw_child *child;

    LIST_FOREACH (child, list, next) {
        if (child->answered == child->asked) {
            send_check_files(child, PYW_CHECK_CODE);
        }
    }
}

void pyw_code_check_watch(pyw_worker_group *group)
{
    if (group->reload_watch.has_modules && group->phase == PYW_PHASE_SERVING) {
        ask_for_code(&group->children);
        ask_for_code(&group->templates);
    }
}

/* The process can write to its board at any time. */
static void copy_path(const pyw_child *child, char *path, size_t size)
{
    snprintf(path, size, "a file");
    if (child->board != NULL) {
        pyw_log_escape(path, size, child->board->changed,
                       strnlen(child->board->changed, sizeof(child->board->changed)));
    }
}

static void files_changed_at_restart(pyw_child *child, const char *path)
{
    static const char *const what[] = {
        [PYW_CHANGE_LOADED] = " has changed since",
        [PYW_CHANGE_SOURCE] = ", a file in a directory of the application, has changed since",
        [PYW_CHANGE_NEW] = " did not exist when",
    };
    uint32_t change = child->board != NULL ? child->board->change : PYW_CHANGE_LOADED;
    char reason[PYW_PROBLEM_LINE + 120];

    change = change <= PYW_CHANGE_NEW ? change : PYW_CHANGE_LOADED;
    snprintf(reason, sizeof(reason), "%s%s %s %ld %s", path, what[change], pyw_child_kind(child), (long)child->pid,
             change == PYW_CHANGE_LOADED ? "loaded it" : "started");
    replace(child->group, reason);
}

/* These files have failed to load in this state. */
static int is_refused(const pyw_child *child)
{
    return child->refused_files != 0 && child->board != NULL && child->board->files == child->refused_files;
}

void pyw_code_check_answer(pyw_child *child, int is_changed)
{
    char path[PYW_PROBLEM_LINE];

    if (child->answered == child->asked) {
        return; /* it was not asked */
    }
    child->answered++;
    if (!is_changed || !is_concerned(child) || child->group->phase != PYW_PHASE_SERVING) {
        return;
    }
    copy_path(child, path, sizeof(path));
    if (child->answered <= child->restart) {
        files_changed_at_restart(child, path);
    }
    else if (!is_refused(child)) {
        pyw_worker_group_files_changed(child->group, path);
    }
}

static int has_to_answer(const pyw_child_list *list)
{
    const pyw_child *child;

    LIST_FOREACH (child, list, next) {
        if (is_concerned(child) && child->answered < child->restart) {
            return 1;
        }
    }
    return 0;
}

void pyw_code_check_step(pyw_worker_group *group)
{
    if (group->is_checked && !has_to_answer(&group->children) && !has_to_answer(&group->templates)) {
        group->is_checked = 0;
        pyw_group_log(group, PYW_LOG_NOTICE,
                      PYWNO(0399) "httpd was restarted, and the workers of group '%s' stay: no file that they have "
                                  "loaded has changed",
                      group->options->name);
    }
}
