/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_GROUP_STATE_H
#define PYW_SHM_GROUP_STATE_H

/* The states of a process group, as the manager publishes them to httpd. */

/* Memory that was never written means STARTING: requests wait for a worker. */
typedef enum {
    PYW_GROUP_STARTING = 0, /* no worker is ready yet: requests wait */
    PYW_GROUP_RUNNING,      /* all workers are ready */
    PYW_GROUP_DEGRADED,     /* an application does not load in some workers */
    PYW_GROUP_BROKEN,       /* ... in any worker: its requests get 500 */
    PYW_GROUP_REPLACING,    /* some workers are ready, others start */
    PYW_GROUP_ASLEEP,       /* processes=0-N: a waiting request starts a worker */
    PYW_GROUP_DOWN,         /* starting a worker failed: requests get 503 until the next attempt */
    PYW_GROUP_STOPPING,     /* by a command; workers finish their requests */
    PYW_GROUP_STOPPED,
    PYW_GROUP_REMOVED, /* from the configuration */
    PYW_GROUP_STATES
} pyw_group_state;

/* "starting", "running" ... `state` may come from another process: "unknown" if it is none. */
const char *pyw_group_state_name(unsigned state);

/*
 * "healthy": requests are served, or would be. "impaired": not by all workers, or not yet. "failing": requests get 500
 * or 503. It determines the exit status of `pywsgid status`.
 */
const char *pyw_group_state_health(unsigned state);

#endif
