/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_GROUP_H
#define PYW_MANAGER_GROUP_GROUP_H

/*
 * A process group: its options, its processes and its phase. On the manager's only thread. The layers of the manager,
 * each of which only calls the layers below it:
 *
 *     loop                       configuration, handover, command/commands, command/status
 *     group/step                 the steps towards the wanted workers; group/reports: the reports of the processes
 *     group/reload/code_check    changed files at a restart of httpd, and reload-on=modules; reload/canary
 *     group/reload/replacement   generations; child/template, group/{scale,recycle,state}, failed_code
 *     child/spawn                fork and exec; child/{exit_report,measure}
 *     child/child                one process
 *     group/group                this
 */

#include <apr_pools.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <time.h>

#include "config/options/group_options.h"
#include "config/options/settings.h"
#include "manager/group/crash_loop.h"
#include "manager/group/phase.h"
#include "manager/group/reload/reload_watch.h"
#include "manager/group/scale_decision.h"
#include "manager/log/intake.h"
#include "manager/log/outlet.h"
#include "manager/socket_directory.h"
#include "shm/group_stats.h"
#include "shm/worker_list.h"

typedef struct pyw_worker_group pyw_worker_group;
typedef LIST_HEAD(pyw_worker_group_list, pyw_worker_group) pyw_worker_group_list;
typedef struct pyw_child pyw_child;
typedef LIST_HEAD(pyw_child_list, pyw_child) pyw_child_list;

enum { PYW_PROBLEM_LINE = 300, PYW_PROBLEM_TRACEBACK = 4000, PYW_KNOWN_FAILURES = 256 };

/* The reports about a worker or a template. */
typedef enum {
    PYW_REPORT_READY,       /* its applications are loaded */
    PYW_REPORT_BROKEN,      /* likewise, but one failed to load */
    PYW_REPORT_STALE,       /* a script on disk differs from the loaded one; every second */
    PYW_REPORT_RENEW,       /* it got SIGUSR1 or SIGINT */
    PYW_REPORT_STUCK,       /* its Python does not respond */
    PYW_REPORT_FINISHING,   /* it begins no request any more */
    PYW_REPORT_LARGE,       /* it has noticed that it exceeds memory-recycle */
    PYW_REPORT_CHANGED,     /* a file on disk differs from the loaded one: the answer to CHECK_FILES */
    PYW_REPORT_UNCHANGED,   /* likewise: no file differs */
    PYW_REPORT_OVERDUE,     /* a request in it does not end; every second */
    PYW_REPORT_START_FAILED /* it ended, or was killed, before it was ready */
} pyw_report;

/* The code of the current generation. */
typedef enum {
    PYW_CODE_NEW = 0, /* no worker has loaded it yet */
    PYW_CODE_PROVEN,  /* a worker has loaded it, or the older code was kept and counts as current */
    PYW_CODE_RETRIED  /* the older code was kept because new workers died; the next attempt is at retry_at */
} pyw_group_code;

/* New code that failed while older workers served on; of manager/group/reload/failed_code.c. */
typedef struct pyw_failed_code {
    time_t at;                             /* no reload has succeeded since; 0: the last one succeeded */
    char problem[PYW_PROBLEM_LINE];        /* why; escaped */
    char traceback[PYW_PROBLEM_TRACEBACK]; /* of the exception, as the worker gave it: hostile; "": none */
    unsigned generation;                   /* the last generation that failed; 0: none */
    uint64_t scripts[2];  /* the scripts' states (pyw_board) that failed: tried again when they change */
    uint64_t replaced_by; /* the scripts' state that began this generation; 0: another reason began it */
} pyw_failed_code;

/* The worker that tries the code of a generation; of manager/group/reload/canary.c. */
typedef struct pyw_canary {
    int is_wanted;       /* the command asked for it */
    int64_t limit_ms;    /* how long it is watched; 0: there is none */
    unsigned generation; /* of the group: a later one ends the trial */
    pid_t pid;           /* once it has loaded its applications; 0: it has not */
    int64_t until;       /* when it passes */
    uint64_t requests;   /* that it has served */
    int has_passed;
} pyw_canary;

/* The kinds of failures of workers that have ended (pyw_board_failure), as a ring. */
typedef struct pyw_known_failures {
    uint64_t kinds[PYW_KNOWN_FAILURES];
    unsigned next;
} pyw_known_failures;

struct pyw_worker_group {
    LIST_ENTRY(pyw_worker_group) next;
    apr_pool_t *pool; /* of the options below; a new one with each change */
    const pyw_group_options *options;
    const pyw_settings *settings;
    const pyw_socket_directory *directory;
    pyw_log_outlet *log;
    pyw_log_intake_list intakes; /* log pipes of its workers, and of programs that outlive them */
    /* How a process reports to the group; `child` NULL: the process could not be created. */
    void (*report)(pyw_worker_group *group, pyw_child *child, pyw_report what);
    pyw_phase phase;          /* pyw_worker_group_change */
    int has_predecessor;      /* an older manager's workers serve until this group's are ready */
    int64_t retire_at;        /* RETIRING: the workers drain then */
    unsigned wanted_by;       /* RETIRING: the last generation of httpd's children that knows it; 0: unknown */
    pyw_child_list children;  /* the workers */
    pyw_child_list templates; /* manager/child/template.c */
    pyw_child_list ordered;   /* manager/child/template.c: workers that are to be forked, without a pid */
    unsigned generation;
    pyw_group_code code;
    int failures;               /* successive workers that died STARTING */
    int64_t start_at;           /* no worker is started before this time */
    int64_t down_until;         /* the start_at that was logged as the end of the time without workers */
    int64_t retry_at;           /* changes are ignored before this time, because the code failed */
    int wanted;                 /* the number of workers, within processes=; manager/group/scale.c */
    const pyw_load_group *load; /* the waiting requests; httpd writes it, hostile; NULL: unknown */
    pyw_scale_times scale;
    pyw_reload_watch reload_watch;
    pyw_failed_code failed;
    pyw_canary canary;
    pyw_known_failures known_failures;
    int is_checked; /* httpd was restarted, and processes are comparing their files; manager/group/reload/code_check.c
                     */
    pyw_crash_loop crash_loop;
    pyw_group_stats stats; /* counted on top of the published ones; manager/shared/stats.c */
    int has_stats;         /* ... whose earlier values are in it */
    int64_t stats_at;      /* pyw_clock_us() of the last measurement */
};

/* Changes the phase. A mistake of the manager is logged and changes nothing. */
void pyw_worker_group_change(pyw_worker_group *group, pyw_phase_event event);

/* One record in the group's log. */
void pyw_group_log(const pyw_worker_group *group, pyw_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A service group: its worker runs a program and no requests. */
int pyw_worker_group_is_service(const pyw_worker_group *group);

/* A canary is being watched, or starts: the other workers are not replaced. */
int pyw_worker_group_has_canary(const pyw_worker_group *group);

/* The time in ms that a worker gets to finish when it is replaced or not wanted any more; 0: no limit. */
int pyw_worker_group_graceful_limit(const pyw_worker_group *group);

/* The user that may connect to the group's sockets, besides root. */
uid_t pyw_worker_group_socket_owner(const pyw_worker_group *group);

#endif
