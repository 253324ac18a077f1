/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_CHILD_H
#define PYW_MANAGER_CHILD_CHILD_H

/*
 * One process of a group, a worker or a template, and the means of the manager: it sends commands, reads reports, and
 * ends the process. The group decides whether and when. On the manager's only thread.
 */

#include "manager/child/oom.h"
#include "manager/child/state.h"
#include "manager/group/group.h"
#include "wire/channel.h"
#include "wire/end_reason.h"
#include "worker/heritage.h"

/* Measurements, for recycling and scaling; manager/child/measure.c takes them. */
typedef struct pyw_measured {
    uint64_t served;         /* requests that count as activity */
    int64_t active_at;       /* when it was last seen to serve a request */
    uint64_t cpu_us;         /* user and system time */
    uint64_t resident;       /* bytes of memory; 0: not measured yet */
    uint64_t proportional;   /* PSS; 0: not measured, or unknown */
    int64_t proportional_at; /* when to measure it again */
    uint64_t counted;        /* the bytes that count for memory-budget= */
    int64_t request_at;      /* when it was last measured because of its frame LARGE */
} pyw_measured;

struct pyw_child {
    LIST_ENTRY(pyw_child) next;
    pyw_worker_group *group;
    pid_t pid;
    pyw_child_state state;
    pyw_channel *channel;
    pyw_board *board; /* NULL: there is none; hostile */
    size_t board_size;
    int board_threads;
    unsigned generation;            /* the generation of configuration and code that the group counts for it */
    unsigned code_generation;       /* the generation whose code it loaded: smaller if later code did not load */
    int is_template;                /* workers are forked from it; see manager/child/template.h */
    uint64_t serial;                /* its name for httpd's processes (pyw_worker_list) */
    pyw_socket_file socket;         /* .name: owned; NULL: it has none */
    unsigned asked;                 /* how often it was sent CHECK_FILES ... */
    unsigned answered;              /* ... and has answered */
    unsigned restart;               /* the value of `asked` at the last restart of httpd */
    uint64_t refused_files;         /* the state of changed files (pyw_board) that failed to load; 0: none */
    int is_recycled;                /* chosen to be replaced, whatever its generation */
    int is_evicted;                 /* ... because it got SIGUSR1 or SIGINT */
    pyw_end_reason end_reason;      /* ... because of this */
    unsigned replaced_for;          /* another reason: 1 + pyw_restart_reason; 0: none */
    int is_canary;                  /* it tries new code, or has failed with it (manager/group/reload/canary.h) */
    char problem[PYW_PROBLEM_LINE]; /* why it is BROKEN; escaped */
    int64_t started;                /* pyw_clock_ms() */
    int64_t kill_at;                /* INT64_MAX: never */
    uint16_t jitter;                /* of the limits for recycling */
    pyw_measured measured;
    pyw_oom oom;
    pyw_log_intake *log; /* until its pid is known; then the group's list has it */
};

/* The process with this pid in one of the groups, or NULL. */
pyw_child *pyw_child_find(const pyw_worker_group_list *groups, pid_t pid);

/* "worker" or "template", for log records. */
const char *pyw_child_kind(const pyw_child *child);

/*
 * Changes the state. A process whose frame is not legal in its state is killed; a mistake of the manager is logged and
 * changes nothing.
 */
void pyw_child_change(pyw_child *child, pyw_child_event event);

/* As pyw_child_replace, but by SIGTERM, because the process cannot get commands. */
void pyw_child_replace_by_signal(pyw_child *child);

/* Sends the queued command. If that fails, the process is replaced, because it lacks the command. */
void pyw_child_send_queued(pyw_child *child);

/* Sends a command with the descriptor `fd`, which remains the caller's; -1: none. DRAIN carries the reason. */
void pyw_child_send(pyw_child *child, pyw_frame_type type, int fd);

/* A worker was started, or forked by a template: the group becomes its owner, and startup-timeout begins. */
void pyw_child_adopt(pyw_child *child);

/* Sends DRAIN, and kills the process after `limit_ms` (0: never). An earlier limit can only become shorter. */
void pyw_child_drain(pyw_child *child, int limit_ms);

/* Likewise, with the group's limit: its successor is ready, or the group needs fewer workers. */
void pyw_child_replace(pyw_child *child);

/* Kills the process and its process group. It is reaped later. */
void pyw_child_kill(pyw_child *child);

/* Reads the frames of a process, and reports them to the group. */
void pyw_child_listen(pyw_child *child);

/* Notes why it is replaced, if no pyw_end_reason says so. The first reason counts. */
void pyw_child_replaced_for(pyw_child *child, pyw_restart_reason reason);

/* The process was reaped: counts a restart for its group, unless the group needs one worker less. */
void pyw_child_count_restart(const pyw_child *child, int is_oom);

/* The process sent BROKEN: copies the reason from its board. */
void pyw_child_note_problem(pyw_child *child);

/* Copies a failure of its applications from its board; "" if `failure` is NULL. The text is hostile. */
void pyw_child_copy_failure(const pyw_board_failure *failure, char *text, size_t size);

/* Returns the last failure on its board; NULL: none. */
const pyw_board_failure *pyw_child_last_failure(const pyw_child *child);

/* Is it BROKEN, and has it loaded the application since then? */
int pyw_child_is_mended(const pyw_child *child);

/* Has it loaded its applications, and has the manager not asked it to end? */
int pyw_child_is_loaded(const pyw_child *child);

/* Is it of the group's generation, and not chosen to be replaced? */
int pyw_child_is_current(const pyw_child *child);

#endif
