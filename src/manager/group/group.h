/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_GROUP_H
#define PYW_MANAGER_GROUP_GROUP_H

/*
 * A process group: its options and all that the manager knows of it. On the manager's only thread. The layers of the
 * manager, each of which calls only those below it:
 *
 *     pyw_manager_main           the loop; pyw_configuration, pyw_handover, pyw_commands, pyw_status
 *     pyw_group_step             one step nearer to what should run; pyw_group_reports: what processes report
 *     pyw_replacement            generations; pyw_template, pyw_scale, pyw_recycle, pyw_failed_code, pyw_group_state
 *     pyw_spawn                  fork and exec; pyw_exit_report, pyw_measure
 *     pyw_child                  one process
 *     pyw_worker_group           this
 */

#include <apr_pools.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "config/options/group_options.h"
#include "config/options/settings.h"
#include "manager/group/crash_loop.h"
#include "manager/log/intake.h"
#include "manager/log/outlet.h"
#include "manager/socket_directory.h"
#include "shm/worker_list.h"

typedef struct pyw_worker_group pyw_worker_group;
typedef struct pyw_reload_file pyw_reload_file;
typedef struct pyw_child pyw_child;

enum { PYW_PROBLEM_LINE = 300 };

/* What is reported of a worker or a template. */
typedef enum {
    PYW_REPORT_READY,        /* its applications are loaded */
    PYW_REPORT_BROKEN,       /* ... but for one */
    PYW_REPORT_STALE,        /* a script is not the one that it runs; every second */
    PYW_REPORT_RENEW,        /* it got SIGUSR1 */
    PYW_REPORT_STUCK,        /* Python does not respond */
    PYW_REPORT_FINISHING,    /* it begins no request any more */
    PYW_REPORT_LARGE,        /* it says that it takes too much memory */
    PYW_REPORT_OVERDUE,      /* a request in it does not end; every second */
    PYW_REPORT_START_FAILED, /* it ended, or was killed, before it was ready */
    PYW_REPORT_REJECTED      /* a template: the code of its generation does not load */
} pyw_report;

struct pyw_worker_group {
    pyw_worker_group *next;
    apr_pool_t *pool; /* of the options below; a new one with each change */
    const pyw_group_options *options;
    const pyw_settings *settings;
    const pyw_socket_directory *directory;
    pyw_log_outlet *log;
    pyw_log_intake *intakes; /* what its workers log, and programs that outlive them */
    pyw_child *children;
    /* From the processes up to the group; `child` NULL: there was not even a process. */
    void (*report)(pyw_worker_group *group, pyw_child *child, pyw_report what);
    pyw_child *templates; /* pyw_template's */
    pyw_child *ordered;   /* pyw_template's: workers to come, without a pid */
    unsigned generation;
    int wanted;                    /* workers that there should be: pyw_scale's, within processes= */
    const pyw_load_group *load;    /* what httpd says of those that wait; hostile; NULL: it says nothing */
    int64_t spare_since;           /* pyw_scale's: since then one worker less would have done */
    int64_t settled_at;            /* pyw_scale's: since then all that are wanted are there */
    int64_t no_memory_at;          /* pyw_scale's: when that was said last; 0: never */
    int failures;                  /* workers in turn that died STARTING */
    int is_proven;                 /* a worker of this generation has been READY, and its applications were loaded */
    int64_t start_at;              /* no worker is started before */
    int64_t down_until;            /* pyw_publish's: the start_at for which it was said that requests get 503 */
    int64_t retry_at;              /* a script's change is not looked at before: its code did not load */
    pyw_reload_file *reload_files; /* pyw_reload_watch's; NULL: none */
    int reload_fd;                 /* pyw_reload_watch's, an inotify descriptor; -1: none */
    int64_t retire_at;             /* removed from the configuration: the workers drain then. INT64_MAX: it is in use */
    unsigned wanted_by; /* once it is removed: pyw_liveness_pipes' of httpd's children that know it; 0: unknown */
    int is_stopping;    /* no worker is started any more */
    pyw_crash_loop crash_loop; /* pyw_exit_report's */
    int has_predecessor;       /* workers of an older manager serve until those of this one are ready */
    int is_handed;             /* another manager has it: its workers only serve and finish */
    int is_stopped;            /* by a command: none is started until it is resumed */
    time_t reload_failed_at;   /* pyw_failed_code's: no reload has succeeded since; 0: the last one did not fail */
    char reload_problem[PYW_PROBLEM_LINE]; /* why; escaped */
    unsigned refused_generation;           /* the last one that did not start while older workers served on; 0: none */
    uint64_t rolled_scripts;     /* the board's, of the worker whose STALE began this generation; 0: another reason */
    uint64_t refused_scripts[2]; /* with these the code did not load: it is not tried again before they change */
    int is_retrying;             /* workers died before they were ready: another try is made at retry_at */
};

/* One record in the group's log. */
void pyw_group_log(const pyw_worker_group *group, pyw_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Its workers run a program and no requests. */
int pyw_worker_group_is_service(const pyw_worker_group *group);

/* How long a worker that is not wanted any more may take to finish, in ms; 0: without an end. */
int pyw_worker_group_graceful_limit(const pyw_worker_group *group);

/* Who may connect to the group's sockets besides root. */
uid_t pyw_worker_group_socket_owner(const pyw_worker_group *group);

#endif
