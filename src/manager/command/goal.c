/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/command/goal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "manager/child/child.h"
#include "manager/group/reload/canary.h"
#include "manager/group/state.h"

pyw_worker_group *pyw_goal_find_group(const pyw_manager *manager, const char *name)
{
    pyw_worker_group *group;

    LIST_FOREACH (group, &manager->groups, next) {
        if (group->phase < PYW_PHASE_ENDING && strcmp(group->options->name, name) == 0) {
            return group;
        }
    }
    return NULL;
}

/* A worker that serves although an application does not load; NULL: none. */
static const pyw_child *find_broken(const pyw_worker_group *group)
{
    const pyw_child *child = LIST_FIRST(&group->children);

    while (child != NULL && child->state != PYW_CHILD_BROKEN) {
        child = LIST_NEXT(child, next);
    }
    return child;
}

static pyw_goal_state set(char text[PYW_GOAL_TEXT], pyw_goal_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns `state`. */
static pyw_goal_state set(char text[PYW_GOAL_TEXT], pyw_goal_state state, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(text, PYW_GOAL_TEXT, format, args);
    va_end(args);
    return state;
}

static pyw_goal_state look_at_stopped(const pyw_worker_group *group, char text[PYW_GOAL_TEXT])
{
    if (LIST_EMPTY(&group->children)) {
        return set(text, PYW_GOAL_REACHED, "group '%s' is stopped, its requests get 503", group->options->name);
    }
    return set(text, PYW_GOAL_PENDING, "group '%s': its workers finish", group->options->name);
}

static pyw_goal_state describe_ready(const pyw_worker_group *group, unsigned generation, char text[PYW_GOAL_TEXT])
{
    int count = pyw_group_count_loaded(group, 1);
    char canary[PYW_CANARY_TEXT] = "";
    int had_canary = pyw_canary_describe(group, generation, canary);

    return set(text, PYW_GOAL_REACHED, "group '%s': %d %s ready%s%s", group->options->name, count,
               count == 1 ? "worker is" : "workers are", had_canary ? "; " : "", canary);
}

static pyw_goal_state describe_progress(const pyw_worker_group *group, char text[PYW_GOAL_TEXT])
{
    int starting = pyw_group_count_starting(group, 1) + pyw_group_ordered(group);
    char canary[PYW_CANARY_TEXT];

    if (pyw_worker_group_has_canary(group) && pyw_canary_describe(group, group->generation, canary)) {
        return set(text, PYW_GOAL_PENDING, "group '%s': %s", group->options->name, canary);
    }
    return set(text, PYW_GOAL_PENDING, "group '%s': %d of %d new workers are ready, %d are starting, %d old ones serve",
               group->options->name, pyw_group_count_loaded(group, 1), group->wanted, starting,
               pyw_group_count_loaded(group, 0));
}

static int has_failed(const pyw_worker_group *group, unsigned generation)
{
    return (int)(group->failed.generation - generation) >= 0 && group->failed.generation > 0;
}

static pyw_goal_state look_at_workers(const pyw_worker_group *group, unsigned generation, char text[PYW_GOAL_TEXT])
{
    const char *name = group->options->name;

    if (has_failed(group, generation) && group->canary.pid != 0 && group->canary.generation == generation) {
        return set(text, PYW_GOAL_FAILED, "group '%s': the canary failed, the old workers continue to serve: %s", name,
                   group->failed.problem);
    }
    if (has_failed(group, generation)) {
        return set(text, PYW_GOAL_FAILED,
                   "group '%s': the new workers do not start, see its log; the old workers continue to serve", name);
    }
    if (pyw_worker_group_is_down(group)) {
        return set(text, PYW_GOAL_FAILED, "group '%s': its workers do not start, see its log; requests get 503", name);
    }
    if (!pyw_worker_group_is_replaced(group)) {
        return describe_progress(group, text);
    }
    if (find_broken(group) != NULL) {
        return set(text, PYW_GOAL_FAILED,
                   "group '%s': an application cannot be loaded, see its log; its requests get 500", name);
    }
    return describe_ready(group, generation, text);
}

pyw_goal_state pyw_goal_look(const pyw_manager *manager, const pyw_goal *goal, char text[PYW_GOAL_TEXT])
{
    const pyw_worker_group *group = pyw_goal_find_group(manager, goal->group);

    if (group == NULL) {
        return set(text, PYW_GOAL_FAILED, "group '%s' was removed from the configuration", goal->group);
    }
    return group->phase == PYW_PHASE_STOPPED ? look_at_stopped(group, text)
                                             : look_at_workers(group, goal->generation, text);
}

void pyw_goal_copy_traceback(const pyw_manager *manager, const pyw_goal *goal, char *text, size_t size)
{
    const pyw_worker_group *group = pyw_goal_find_group(manager, goal->group);
    const pyw_child *broken = group != NULL ? find_broken(group) : NULL;

    *text = '\0';
    if (group != NULL && has_failed(group, goal->generation)) {
        snprintf(text, size, "%s", group->failed.traceback);
    }
    else if (broken != NULL) {
        pyw_child_copy_failure(pyw_child_last_failure(broken), text, size);
    }
}
