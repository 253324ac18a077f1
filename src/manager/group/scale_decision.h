/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_SCALE_DECISION_H
#define PYW_MANAGER_GROUP_SCALE_DECISION_H

/* Decides whether the number of workers of a group changes. Pure functions of numbers. */

#include <stdint.h>

/* Times in ms that the decisions depend on, noted by manager/group/scale.c. */
typedef struct pyw_scale_times {
    int64_t spare_since;  /* one worker less would have been sufficient since then */
    int64_t settled_at;   /* all wanted workers are ready since then */
    int64_t no_memory_at; /* NO_MEMORY was last logged then; 0: never */
} pyw_scale_times;

/* The options; times in ms. */
typedef struct pyw_scale_limits {
    int least; /* 0: the group may sleep */
    int most;
    int threads;     /* of a worker */
    int64_t after;   /* grow when a request has waited for this time */
    int64_t idle;    /* shrink when one worker less would have been sufficient for this time */
    int64_t sleep;   /* sleep after this time without a request */
    uint64_t budget; /* bytes of memory; 0: any */
} pyw_scale_limits;

/* The present situation. */
typedef struct pyw_scale_numbers {
    int wanted; /* workers, by the previous decision */
    int ready;
    int starting;
    int busy;        /* threads that run a request */
    int64_t waiting; /* ms that the oldest request has waited; -1: no request waits */
    int64_t settled; /* ms since all wanted workers are ready: a new one needs time to take the waiting requests */
    int64_t spare;   /* ms since one worker less would have been sufficient */
    int64_t quiet;   /* ms since the last request */
    uint64_t memory; /* bytes of all its workers */
} pyw_scale_numbers;

typedef enum {
    PYW_SCALE_STAY = 0,
    PYW_SCALE_GROW,
    PYW_SCALE_NO_MEMORY, /* it would grow if its budget allowed it */
    PYW_SCALE_SHRINK,
    PYW_SCALE_SHRINK_MEMORY, /* its workers have become larger than the budget */
    PYW_SCALE_SLEEP,
    PYW_SCALE_WAKE
} pyw_scale_decision;

/* Are all wanted workers ready, and is none starting? */
int pyw_scale_is_settled(const pyw_scale_numbers *numbers);

pyw_scale_decision pyw_scale_decide(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers);

/* `wanted` after the decision. */
int pyw_scale_apply(pyw_scale_decision decision, int wanted);

/* The number to start in place of `workers` that used `memory` bytes: as many as the limits allow. */
int pyw_scale_again(const pyw_scale_limits *limits, int workers, uint64_t memory);

/* Would one worker less be sufficient at this moment, with at least one free thread? */
int pyw_scale_is_spare(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers);

#endif
