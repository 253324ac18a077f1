/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_GROUP_STATE_H
#define PYW_GROUP_STATE_H

/*
 * The state of a group as `pywsgid status` shows it: computed from what the manager knows of the group and its workers,
 * in one place. On the manager's only thread.
 */

#include "manager/pyw_worker_group.h"

typedef enum {
    PYW_GROUP_RUNNING = 0, /* as many workers as are wanted are ready */
    PYW_GROUP_DEGRADED,    /* an application does not load in some workers */
    PYW_GROUP_BROKEN,      /* ... in any worker: its requests get 500 */
    PYW_GROUP_STARTING,    /* no worker is ready yet: requests wait */
    PYW_GROUP_REPLACING,   /* some are ready, others start */
    PYW_GROUP_ASLEEP,      /* processes=0-N: the next request starts a worker */
    PYW_GROUP_DOWN,        /* no worker could be started: requests get 503 until the next attempt */
    PYW_GROUP_STOPPING,    /* by a command; workers finish */
    PYW_GROUP_STOPPED,
    PYW_GROUP_REMOVED, /* from the configuration */
    PYW_GROUP_STATES
} pyw_group_state;

pyw_group_state pyw_group_state_of(const pyw_worker_group *group);

/* "running", "degraded" ... */
const char *pyw_group_state_name(pyw_group_state state);

/*
 * "healthy": requests are served, or would be; "impaired": not by all workers, or not yet; "failing": requests get 500
 * or 503. The exit status of `pywsgid status` follows from it.
 */
const char *pyw_group_state_health(pyw_group_state state);

#endif
