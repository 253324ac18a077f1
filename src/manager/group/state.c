/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/state.h"

#include "base/clock.h"

int pyw_group_ordered(const pyw_worker_group *group)
{
    int count = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->ordered, next) {
        count++;
    }
    return count;
}

int pyw_group_count_starting(const pyw_worker_group *group, int current)
{
    int count = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        count += child->state == PYW_CHILD_STARTING && pyw_child_is_current(child) == current;
    }
    return count;
}

int pyw_group_count_loaded(const pyw_worker_group *group, int current)
{
    int count = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        count += pyw_child_is_loaded(child) && pyw_child_is_current(child) == current;
    }
    return count;
}

static int count_all(const pyw_worker_group *group)
{
    int count = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        count++;
    }
    return count;
}

static int smaller(int one, int other)
{
    return one < other ? one : other;
}

int pyw_group_missing(const pyw_worker_group *group)
{
    int starting = pyw_group_count_starting(group, 1) + pyw_group_ordered(group);
    int current = starting + pyw_group_count_loaded(group, 1);
    int old = pyw_group_count_loaded(group, 0);
    int wanted = group->wanted;

    if (pyw_worker_group_is_service(group)) {
        current = count_all(group); /* a program and its successor never run at the same time */
    }
    if (group->phase != PYW_PHASE_SERVING || current >= wanted) {
        return 0;
    }
    if (pyw_worker_group_has_canary(group)) {
        return current == 0;
    }
    if (current + old < wanted) {
        return wanted - current - old;
    }
    return smaller(group->options->manager.reload_overlap - starting, wanted - current);
}

int pyw_worker_group_is_settled(const pyw_worker_group *group)
{
    return pyw_group_missing(group) == 0 && pyw_group_count_starting(group, 1) == 0 &&
           pyw_group_count_starting(group, 0) == 0 && pyw_group_count_loaded(group, 0) == 0;
}

int pyw_worker_group_is_replaced(const pyw_worker_group *group)
{
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (child->state >= PYW_CHILD_DRAINING && child->state != PYW_CHILD_FINISHING) {
            return 0;
        }
    }
    return pyw_worker_group_is_settled(group);
}

int pyw_worker_group_is_down(const pyw_worker_group *group)
{
    return group->phase == PYW_PHASE_SERVING && !group->has_predecessor && !pyw_worker_group_is_service(group) &&
           LIST_EMPTY(&group->children) && group->start_at > pyw_clock_ms();
}

static int has_state(const pyw_worker_group *group, pyw_child_state state)
{
    const pyw_child *child = LIST_FIRST(&group->children);

    while (child != NULL && child->state != state) {
        child = LIST_NEXT(child, next);
    }
    return child != NULL;
}

/* The state of a group that wants workers. */
static pyw_group_state state_of_workers(const pyw_worker_group *group)
{
    int has_ready = has_state(group, PYW_CHILD_READY);

    if (has_state(group, PYW_CHILD_BROKEN)) {
        return has_ready ? PYW_GROUP_DEGRADED : PYW_GROUP_BROKEN;
    }
    if (pyw_worker_group_is_settled(group)) {
        return PYW_GROUP_RUNNING;
    }
    return has_ready ? PYW_GROUP_REPLACING : PYW_GROUP_STARTING;
}

pyw_group_state pyw_group_state_of(const pyw_worker_group *group)
{
    switch (group->phase) {
    case PYW_PHASE_RETIRING:
    case PYW_PHASE_ENDING:
        return PYW_GROUP_REMOVED;
    case PYW_PHASE_LEAVING:
        return PYW_GROUP_STARTING; /* requests wait for the workers of the next manager */
    case PYW_PHASE_STOPPED:
        return LIST_EMPTY(&group->children) ? PYW_GROUP_STOPPED : PYW_GROUP_STOPPING;
    default:
        break;
    }
    if (pyw_worker_group_is_down(group)) {
        return PYW_GROUP_DOWN;
    }
    return group->wanted == 0 ? PYW_GROUP_ASLEEP : state_of_workers(group);
}
