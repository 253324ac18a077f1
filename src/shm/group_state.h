/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_GROUP_STATE_H
#define PYW_SHM_GROUP_STATE_H

/*
 * The states of a process group and of its workers, the reasons for restarts, and reloads, as the manager publishes
 * them to httpd. Numbers may come from another process: the name of an unknown number is "unknown".
 */

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

/* "starting", "running" ... */
const char *pyw_group_state_name(unsigned state);

/*
 * "healthy": requests are served, or would be. "impaired": not by all workers, or not yet. "failing": requests get 500
 * or 503. It determines the exit status of `pywsgi status`.
 */
const char *pyw_group_state_health(unsigned state);

typedef enum {
    PYW_WORKER_STARTING = 0,
    PYW_WORKER_READY,
    PYW_WORKER_BROKEN,   /* an application does not load */
    PYW_WORKER_DRAINING, /* finishes its requests and ends */
    PYW_WORKER_STUCK,    /* its Python does not respond */
    PYW_WORKER_STOPPING, /* was killed, and has not been reaped */
    PYW_WORKER_STATES
} pyw_worker_state;

/* "starting", "ready" ... */
const char *pyw_worker_state_name(unsigned state);

/* Why a worker was replaced. A worker without a successor, because the group shrinks or stops, does not count. */
typedef enum {
    PYW_RESTART_CRASH = 0,      /* a signal killed it, or it exited by itself */
    PYW_RESTART_STARTUP,        /* it did not become ready */
    PYW_RESTART_OOM,            /* the kernel's OOM killer */
    PYW_RESTART_STUCK,          /* its Python did not respond */
    PYW_RESTART_OVERDUE,        /* a request did not end after its deadline */
    PYW_RESTART_REQUESTS,       /* maximum-requests */
    PYW_RESTART_AGE,            /* restart-interval */
    PYW_RESTART_MEMORY,         /* memory-recycle */
    PYW_RESTART_CPU_TIME,       /* cpu-time-limit */
    PYW_RESTART_INACTIVITY,     /* inactivity-timeout */
    PYW_RESTART_RELOAD,         /* new code */
    PYW_RESTART_CONFIGURATION,  /* changed options, or another program of mod_pywsgi */
    PYW_RESTART_SIGNAL,         /* it got SIGUSR1 or SIGINT */
    PYW_RESTART_SOCKET_REMOVED, /* httpd could not reach it */
    PYW_RESTART_REASONS
} pyw_restart_reason;

/* "crash", "maximum_requests" ... */
const char *pyw_restart_reason_name(unsigned reason);

/* The cause of a reload. */
typedef enum {
    PYW_RELOAD_BY_SCRIPT = 0, /* a script changed on disk */
    PYW_RELOAD_BY_FILE,       /* reload-on= */
    PYW_RELOAD_BY_COMMAND,
    PYW_RELOAD_BY_RESTART, /* of httpd, after files had changed */
    PYW_RELOAD_BY_OPTIONS, /* the configuration of the group changed */
    PYW_RELOAD_CAUSES
} pyw_reload_cause;

/* "script", "file", "command" ... */
const char *pyw_reload_cause_name(unsigned cause);

typedef enum {
    PYW_RELOAD_NONE = 0, /* since httpd was started */
    PYW_RELOAD_RUNNING,
    PYW_RELOAD_DONE,   /* all workers run the new code */
    PYW_RELOAD_FAILED, /* the old code stays */
    PYW_RELOAD_RESULTS
} pyw_reload_result;

/* "none", "running", "done", "failed" */
const char *pyw_reload_result_name(unsigned result);

#endif
