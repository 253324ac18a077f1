/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_GROUP_H
#define PYW_WORKER_GROUP_H

/*
 * A process group and its workers: what should run, what runs, and the steps from the one to the other. All of it on
 * the manager's only thread.
 *
 * Replacing is make before break. Each worker belongs to a generation. When the configuration or a script changes, the
 * group's generation counts up, and one worker after the other is replaced: a successor is started, and when it is
 * READY one of the old generation drains. A successor that cannot load its applications is stopped, and the old ones
 * serve on.
 */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "config/pyw_options.h"
#include "manager/pyw_child_table.h"
#include "manager/pyw_log_intake.h"
#include "manager/pyw_log_outlet.h"
#include "manager/pyw_oom.h"
#include "manager/pyw_socket_directory.h"
#include "manager/pyw_suspects.h"
#include "wire/pyw_channel.h"
#include "wire/pyw_roster.h"
#include "worker/pyw_heritage.h"

typedef struct pyw_worker_group pyw_worker_group;
typedef struct pyw_reload_file pyw_reload_file;

enum { PYW_PROBLEM_LINE = 300 };

typedef struct pyw_child {
    struct pyw_child *next;
    pyw_worker_group *group;
    pid_t pid;
    pyw_child_state state;
    pyw_channel *channel;
    pyw_board *board; /* NULL: there is none; hostile */
    size_t board_size;
    int board_threads;
    unsigned generation;      /* of the configuration and code that it stands for */
    unsigned code_generation; /* in which it loaded its code: smaller if the code of a later one did not load */
    int is_template;      /* workers are forked from it; see pyw_template.h */
    uint64_t serial;               /* its name for httpd's processes (pyw_roster) */
    pyw_socket_file socket;        /* .name: owned; NULL: it has none */
    int is_recycled;      /* chosen to be replaced, whatever its generation */
    int is_finishing;     /* it begins no request any more */
    int is_stuck;         /* its Python does not respond */
    int is_broken;        /* an application failed to load */
    char problem[PYW_PROBLEM_LINE]; /* is_broken: why; escaped */
    int64_t started;      /* pyw_clock_ms() */
    int64_t kill_at;      /* INT64_MAX: never */
    uint16_t jitter;      /* pyw_recycle's: of its limits */
    int64_t told_at;      /* pyw_recycle's: when it was last measured at its own word */
    uint64_t seen_served; /* pyw_recycle's: requests at the last look */
    int64_t active_at;    /* pyw_recycle's: when it was last seen to serve */
    uint64_t resident;    /* pyw_recycle's: bytes of memory at the last look; 0: not looked at */
    uint64_t counted;     /* pyw_recycle's: those that count for memory-budget= */
    pyw_oom oom;
    pyw_log_intake *log; /* as long as its pid is not known; then it is in the group's list */
} pyw_child;

struct pyw_worker_group {
    pyw_worker_group *next;
    apr_pool_t *pool; /* of the options below; a new one with each change */
    const pyw_group_options *options;
    const apr_table_t *pairs; /* the options as they came, to compare */
    const pyw_settings *settings;
    const pyw_socket_directory *directory;
    pyw_log_outlet *log;
    pyw_log_intake *intakes; /* what its workers log, and programs that outlive them */
    pyw_child *children;
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
    int64_t down_until;            /* pyw_roll_call's: the start_at for which it was said that requests get 503 */
    int64_t retry_at;              /* a script's change is not looked at before: its code did not load */
    pyw_reload_file *reload_files; /* pyw_reload_watch's; NULL: none */
    int reload_fd;                 /* pyw_reload_watch's, an inotify descriptor; -1: none */
    int64_t retire_at;             /* removed from the configuration: the workers drain then. INT64_MAX: it is in use */
    unsigned wanted_by;            /* once it is removed: pyw_lifelines' of httpd's children that know it; 0: unknown */
    int is_stopping;               /* no worker is started any more */
    pyw_suspects suspects;         /* pyw_obituary's */
    int has_predecessor;           /* workers of an older manager serve until those of this one are ready */
    int is_handed;                 /* another manager has it: its workers only serve and finish */
    int is_stopped;                /* by a command: none is started until it is resumed */
    time_t reload_failed_at; /* pyw_kept_code's: no reload has succeeded since; 0: the last one did not fail */
    char reload_problem[PYW_PROBLEM_LINE]; /* why; escaped */
    unsigned refused_generation;   /* the last one that did not start while older workers served on; 0: none */
    uint64_t rolled_scripts;       /* the board's, of the worker whose STALE began this generation; 0: another reason */
    uint64_t refused_scripts[2];   /* with these the code did not load: it is not tried again before they change */
    int is_retrying;               /* workers died before they were ready: another try is made at retry_at */
};

/* Brings what runs one step nearer to what should run. Call it after every event; returns when it wants the next call.
 */
int64_t pyw_worker_group_step(pyw_worker_group *group);

/* Reads what a worker said. */
void pyw_worker_group_listen(pyw_worker_group *group, pyw_child *child);

/* Once a second: workers whose applications did not load may have loaded them since. */
void pyw_worker_group_look(pyw_worker_group *group);

/* A worker has ended: waits for it, ends what it left behind, writes its obituary, and frees the child. */
void pyw_worker_group_bury(pyw_worker_group *group, pyw_child *child);

/* Asks all workers to finish, and kills those that have not by `limit_ms` from now; 0: never. */
void pyw_worker_group_stop(pyw_worker_group *group, int limit_ms);

/* The code or the configuration changed: replace the workers. */
void pyw_worker_group_roll(pyw_worker_group *group);

/* Lets all workers finish, and starts none until the group is resumed. */
void pyw_worker_group_halt(pyw_worker_group *group);

/* Ends that, and every pause before a next attempt. */
void pyw_worker_group_resume(pyw_worker_group *group);

/* As many workers as are wanted are ready, all of the current generation. */
int pyw_worker_group_is_settled(const pyw_worker_group *group);

/* Likewise, and none of the workers before them begins a request any more. */
int pyw_worker_group_is_replaced(const pyw_worker_group *group);

/* Sends an order; `fd` travels along and stays the caller's, -1: none. */
void pyw_worker_group_send(pyw_child *child, pyw_frame_type type, int fd);

/*
 * Said every second while a script on disk is not the one that runs: pyw_worker_group_roll, unless it is too early, or
 * this is the code that did not load.
 */
void pyw_worker_group_stale(pyw_worker_group *group, const pyw_child *sender);

/* Said by a worker that got SIGUSR1: it is replaced, its successor first. */
void pyw_worker_group_renew(pyw_child *child);

/* A worker that a template has forked: the group becomes its owner. */
void pyw_worker_group_adopt(pyw_worker_group *group, pyw_child *child);

/* A start failed: the old workers stay, or the next start waits. `failed` NULL: there was not even a process. */
void pyw_worker_group_start_failed(pyw_worker_group *group, const pyw_child *failed);

/* The code of the current generation does not load: the old workers stay, if there are any. */
void pyw_worker_group_reject(pyw_worker_group *group, const pyw_child *failed);

/* Another start failed: the next one waits. */
void pyw_worker_group_back_off(pyw_worker_group *group);

/* Its workers run a program and no requests. */
int pyw_worker_group_is_service(const pyw_worker_group *group);

/* How long a worker that is not wanted any more may take to finish, in ms; 0: without an end. */
int pyw_worker_group_graceful_limit(const pyw_worker_group *group);

/* Sends the options that running workers take to all of them, and to the templates. */
void pyw_worker_group_send_options(pyw_worker_group *group);

/* No worker of the group serves, nor will one soon: httpd answers 503. */
int pyw_worker_group_is_down(const pyw_worker_group *group);

#endif
