/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_MANAGER_OPTIONS_H
#define PYW_CONFIG_OPTIONS_MANAGER_OPTIONS_H

/*
 * The options of a process group that the manager reads: the number of workers, their limits, and their replacement.
 * httpd reads some of them, too. The workers do not get them.
 */

#include <apr_time.h>

/* In reload_on: the files of all modules. */
#define PYW_RELOAD_ON_MODULES "modules"

typedef struct pyw_manager_options {
    int processes;                          /* 1 ... ; the maximum of a range */
    int processes_least;                    /* 0 ... ; the minimum of a range, otherwise the same as processes */
    const char *display_name;               /* of the workers in ps(1); "%{GROUP}" already expanded */
    const char *cgroup;                     /* directory of a cgroup (version 2) for the workers; NULL: the manager's */
    int preload;                            /* workers are forked from a process that has loaded the applications */
    apr_interval_time_t graceful_timeout;   /* for a worker that is being replaced; 0: no limit */
    apr_interval_time_t eviction_timeout;   /* as graceful_timeout, after SIGUSR1; 0: graceful_timeout */
    int maximum_requests;                   /* a worker is recycled after this many requests; 0: never */
    int maximum_requests_jitter;            /* maximum random reduction, in percent */
    apr_interval_time_t restart_interval;   /* a worker is recycled at that age; 0: never */
    int restart_interval_jitter;            /* percent */
    apr_interval_time_t cpu_time_limit;     /* user and system time; 0: no limit */
    apr_interval_time_t inactivity_timeout; /* time without a request, for a worker that has served; 0: no limit */
    const char *reload_on;                  /* files separated by commas: a change of one replaces the workers */
    int reload_overlap;                     /* additional workers, beyond `processes`, during a replacement */
    apr_interval_time_t scale_after;        /* a request waits this long: start another worker (range only) */
    apr_interval_time_t scale_idle;         /* one worker fewer has been sufficient for this time: stop a worker */
    apr_size_t memory_budget;               /* bytes of all workers together, a limit for growth; 0: none */

    /* Not options of the directive: httpd's parent determines them. */
    const char *engine_stamp; /* identifies the file of worker.engine; a change replaces the workers */
    int worker_list_index;    /* the group's place in the shared memory (pyw_worker_list); -1: none */
    int worker_list_use;      /* the number of groups that had that place before */
} pyw_manager_options;

#endif
