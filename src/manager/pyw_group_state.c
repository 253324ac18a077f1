/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_group_state.h"

#include "manager/pyw_scale.h"

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
    if (pyw_scale_is_asleep(group)) {
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
