/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_CHILD_H
#define PYW_MANAGER_CHILD_CHILD_H

/*
 * One process of a group, a worker or a template, and what the manager does with it: it sends orders, reads reports,
 * and ends it. The group decides whether and when. On the manager's only thread.
 */

#include "manager/child/oom.h"
#include "manager/child/state.h"
#include "manager/group/group.h"
#include "wire/channel.h"
#include "worker/heritage.h"

struct pyw_child {
    pyw_child *next;
    pyw_worker_group *group;
    pid_t pid;
    pyw_child_state state;
    pyw_channel *channel;
    pyw_board *board; /* NULL: there is none; hostile */
    size_t board_size;
    int board_threads;
    unsigned generation;            /* of the configuration and code that it stands for */
    unsigned code_generation;       /* in which it loaded its code: smaller if the code of a later one did not load */
    int is_template;                /* workers are forked from it; see manager/child/template.h */
    uint64_t serial;                /* its name for httpd's processes (pyw_worker_list) */
    pyw_socket_file socket;         /* .name: owned; NULL: it has none */
    int is_recycled;                /* chosen to be replaced, whatever its generation */
    int is_finishing;               /* it begins no request any more */
    int is_stuck;                   /* its Python does not respond */
    int is_broken;                  /* an application failed to load */
    char problem[PYW_PROBLEM_LINE]; /* is_broken: why; escaped */
    int64_t started;                /* pyw_clock_ms() */
    int64_t kill_at;                /* INT64_MAX: never */
    uint16_t jitter;                /* pyw_recycle's: of its limits */
    int64_t told_at;                /* pyw_recycle's: when it was last measured at its own word */
    uint64_t seen_served;           /* pyw_recycle's: requests at the last look */
    int64_t active_at;              /* pyw_recycle's: when it was last seen to serve */
    uint64_t resident;              /* pyw_recycle's: bytes of memory at the last look; 0: not looked at */
    uint64_t counted;               /* pyw_recycle's: those that count for memory-budget= */
    pyw_oom oom;
    pyw_log_intake *log; /* as long as its pid is not known; then it is in the group's list */
};

/* The state behind the event; a step to another one is a record. */
void pyw_child_change(pyw_child *child, pyw_child_event event);

/* Sends an order; `fd` travels along and stays the caller's, -1: none. */
void pyw_child_send(pyw_child *child, pyw_frame_type type, int fd);

/* A worker that has been started, or forked by a template: the group becomes its owner, and startup-timeout begins. */
void pyw_child_adopt(pyw_child *child);

/* Tells it to finish; it is killed after `limit_ms`, 0: never. A limit that it has already is only made shorter. */
void pyw_child_drain(pyw_child *child, int limit_ms);

/* Likewise, with the group's limit: its successor is there, or it is not wanted. */
void pyw_child_replace(pyw_child *child);

/* Kills it with everything that it started. It is buried when its end is seen. */
void pyw_child_kill(pyw_child *child);

/*
 * Hears what it has said, and obeys. PYW_AGAIN: that was all, or it was killed for it. Any other: it says nothing more,
 * or nothing of use. Who says as much as no worker would, PYW_MALFORMED, must not hold up what the others say.
 */
pyw_result pyw_child_hear(pyw_child *child, void (*obey)(pyw_child *child, const pyw_frame *frame));

/* Reads what a worker has said, and reports it to the group. */
void pyw_child_listen(pyw_child *child);

/* It said BROKEN: keeps what its board says of the reason. */
void pyw_child_note_problem(pyw_child *child);

/* Did it say BROKEN, and has loaded the application since? */
int pyw_child_is_mended(const pyw_child *child);

/* Of the group's generation, and not chosen to be replaced. */
int pyw_child_is_current(const pyw_child *child);

#endif
