/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_SCALE_DECISION_H
#define PYW_MANAGER_GROUP_SCALE_DECISION_H

/* Should a group have another number of workers? Numbers in, decision out: pure. */

#include <stdint.h>

/* What the options say; times in ms. */
typedef struct pyw_scale_limits {
    int least; /* 0: the group may sleep */
    int most;
    int threads;     /* of a worker */
    int64_t after;   /* a request has waited for so long */
    int64_t idle;    /* one worker less would have done for so long */
    int64_t sleep;   /* nothing was asked for so long */
    uint64_t budget; /* bytes of memory; 0: any */
} pyw_scale_limits;

/* What is. */
typedef struct pyw_scale_numbers {
    int wanted; /* workers that there should be, by the decision before */
    int ready;
    int starting;
    int busy;        /* threads that run a request */
    int64_t waiting; /* ms that the oldest request has waited; -1: none waits */
    int64_t settled; /* for how long all that are wanted have been there: a new one has yet to take what waits */
    int64_t spare;   /* for how long one worker less would have done */
    int64_t quiet;   /* for how long nothing was asked */
    uint64_t memory; /* bytes of all its workers */
} pyw_scale_numbers;

typedef enum {
    PYW_SCALE_STAY = 0,
    PYW_SCALE_GROW,
    PYW_SCALE_NO_MEMORY, /* it would grow, but for its budget */
    PYW_SCALE_SHRINK,
    PYW_SCALE_SHRINK_MEMORY, /* its workers have become larger than the budget */
    PYW_SCALE_SLEEP,
    PYW_SCALE_WAKE
} pyw_scale_decision;

/* Are all workers that are wanted there, and nobody starts? */
int pyw_scale_is_settled(const pyw_scale_numbers *numbers);

pyw_scale_decision pyw_scale_decide(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers);

/* What the decision makes of `wanted`. */
int pyw_scale_apply(pyw_scale_decision decision, int wanted);

/* How many to start where there were `workers` with `memory` bytes: as many, as far as the limits allow it. */
int pyw_scale_again(const pyw_scale_limits *limits, int workers, uint64_t memory);

/* Would one worker less have done, at this moment? With at least one thread to spare. */
int pyw_scale_is_spare(const pyw_scale_limits *limits, const pyw_scale_numbers *numbers);

#endif
