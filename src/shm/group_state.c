/* SPDX-License-Identifier: Apache-2.0 */
#include "shm/group_state.h"

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

const char *pyw_group_state_name(unsigned state)
{
    return state < PYW_GROUP_STATES ? states[state].name : "unknown";
}

const char *pyw_group_state_health(unsigned state)
{
    return state < PYW_GROUP_STATES ? states[state].health : "failing";
}
