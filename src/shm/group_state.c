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

const char *pyw_worker_state_name(unsigned state)
{
    static const char *const names[PYW_WORKER_STATES] = {"starting", "ready", "broken",
                                                         "draining", "stuck", "stopping"};

    return state < PYW_WORKER_STATES ? names[state] : "unknown";
}

const char *pyw_restart_reason_name(unsigned reason)
{
    static const char *const names[PYW_RESTART_REASONS] = {
        [PYW_RESTART_CRASH] = "crash",
        [PYW_RESTART_STARTUP] = "startup",
        [PYW_RESTART_OOM] = "oom",
        [PYW_RESTART_STUCK] = "stuck",
        [PYW_RESTART_OVERDUE] = "overdue",
        [PYW_RESTART_REQUESTS] = "maximum_requests",
        [PYW_RESTART_AGE] = "restart_interval",
        [PYW_RESTART_MEMORY] = "memory_recycle",
        [PYW_RESTART_CPU_TIME] = "cpu_time_limit",
        [PYW_RESTART_INACTIVITY] = "inactivity_timeout",
        [PYW_RESTART_RELOAD] = "reload",
        [PYW_RESTART_CONFIGURATION] = "configuration",
        [PYW_RESTART_SIGNAL] = "signal",
        [PYW_RESTART_SOCKET_REMOVED] = "socket_removed",
    };

    return reason < PYW_RESTART_REASONS ? names[reason] : "unknown";
}

const char *pyw_reload_cause_name(unsigned cause)
{
    static const char *const names[PYW_RELOAD_CAUSES] = {"script", "file", "command", "restart", "options"};

    return cause < PYW_RELOAD_CAUSES ? names[cause] : "unknown";
}

const char *pyw_reload_result_name(unsigned result)
{
    static const char *const names[PYW_RELOAD_RESULTS] = {"none", "running", "done", "failed"};

    return result < PYW_RELOAD_RESULTS ? names[result] : "unknown";
}
