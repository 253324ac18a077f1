/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/state.h"

#include "base/clock.h"

static const struct {
    const char *name;
    const char *health;
} states[PYW_GROUP_STATES] = {
    [PYW_GROUP_RUNNING] = {"running", "healthy"},     [PYW_GROUP_DEGRADED] = {"degraded", "impaired"},
    [PYW_GROUP_BROKEN] = {"broken", "failing"},       [PYW_GROUP_STARTING] = {"starting", "impaired"},
    [PYW_GROUP_REPLACING] = {"replacing", "healthy"}, [PYW_GROUP_ASLEEP] = {"asleep", "healthy"},
    [PYW_GROUP_DOWN] = {"down", "failing"},           [PYW_GROUP_STOPPING] = {"stopping", "failing"},
    [PYW_GROUP_STOPPED] = {"stopped", "failing"},     [PYW_GROUP_REMOVED] = {"removed", "healthy"},
};

/* It ends, or somebody has stopped it, or another manager has it. */
int pyw_group_is_ending(const pyw_worker_group *group)
{
    return group->is_stopping || group->is_stopped || group->is_handed || group->retire_at != INT64_MAX;
}

int pyw_group_ordered(const pyw_worker_group *group)
{
    int count = 0;

    for (const pyw_child *child = group->ordered; child != NULL; child = child->next) {
        count++;
    }
    return count;
}

int pyw_group_count(const pyw_worker_group *group, pyw_child_state state, int current)
{
    int count = 0;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        count += child->state == state && pyw_child_is_current(child) == current;
    }
    return count;
}

static int count_all(const pyw_worker_group *group)
{
    int count = 0;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        count++;
    }
    return count;
}

static int smaller(int one, int other)
{
    return one < other ? one : other;
}

/* How many workers are missing: while old ones are replaced, up to reload-overlap more than configured may run. */
int pyw_group_missing(const pyw_worker_group *group)
{
    int starting = pyw_group_count(group, PYW_CHILD_STARTING, 1) + pyw_group_ordered(group);
    int current = starting + pyw_group_count(group, PYW_CHILD_READY, 1);
    int old = pyw_group_count(group, PYW_CHILD_READY, 0);
    int wanted = group->wanted;

    if (pyw_worker_group_is_service(group)) {
        current = count_all(group); /* no program runs beside its successor */
    }
    if (pyw_group_is_ending(group) || current >= wanted) {
        return 0;
    }
    if (current + old < wanted) {
        return wanted - current - old;
    }
    return smaller(group->options->manager.reload_overlap - starting, wanted - current);
}

int pyw_worker_group_is_settled(const pyw_worker_group *group)
{
    return pyw_group_missing(group) == 0 && pyw_group_count(group, PYW_CHILD_STARTING, 1) == 0 &&
           pyw_group_count(group, PYW_CHILD_STARTING, 0) == 0 && pyw_group_count(group, PYW_CHILD_READY, 0) == 0;
}

int pyw_worker_group_is_replaced(const pyw_worker_group *group)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state > PYW_CHILD_READY && !child->is_finishing) {
            return 0;
        }
    }
    return pyw_worker_group_is_settled(group);
}

static int accepts(const pyw_worker_group *group)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY || child->state == PYW_CHILD_STARTING) {
            return 1;
        }
    }
    return 0;
}

int pyw_worker_group_is_down(const pyw_worker_group *group)
{
    if (group->is_stopping || pyw_worker_group_is_service(group) || group->is_handed || group->has_predecessor) {
        return 0;
    }
    return group->is_stopped ? !accepts(group) : group->children == NULL && group->start_at > pyw_clock_ms();
}

int pyw_group_is_asleep(const pyw_worker_group *group)
{
    return group->wanted == 0 && !pyw_group_is_ending(group);
}

typedef struct ready_workers {
    int sound;
    int broken;
} ready_workers;

static ready_workers count_ready(const pyw_worker_group *group)
{
    ready_workers count = {0, 0};

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY) {
            count.sound += !child->is_broken;
            count.broken += child->is_broken;
        }
    }
    return count;
}

/* Of a group whose workers are wanted. */
static pyw_group_state state_of_workers(const pyw_worker_group *group)
{
    ready_workers ready = count_ready(group);

    if (ready.broken > 0) {
        return ready.sound > 0 ? PYW_GROUP_DEGRADED : PYW_GROUP_BROKEN;
    }
    if (pyw_worker_group_is_settled(group)) {
        return PYW_GROUP_RUNNING;
    }
    return ready.sound > 0 ? PYW_GROUP_REPLACING : PYW_GROUP_STARTING;
}

pyw_group_state pyw_group_state_of(const pyw_worker_group *group)
{
    if (group->is_stopping || group->retire_at != INT64_MAX) {
        return PYW_GROUP_REMOVED;
    }
    if (group->is_stopped) {
        return group->children != NULL ? PYW_GROUP_STOPPING : PYW_GROUP_STOPPED;
    }
    if (pyw_worker_group_is_down(group)) {
        return PYW_GROUP_DOWN;
    }
    if (pyw_group_is_asleep(group)) {
        return PYW_GROUP_ASLEEP;
    }
    return state_of_workers(group);
}

const char *pyw_group_state_name(pyw_group_state state)
{
    return states[state].name;
}

const char *pyw_group_state_health(pyw_group_state state)
{
    return states[state].health;
}
