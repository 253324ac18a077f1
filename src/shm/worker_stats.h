/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_WORKER_STATS_H
#define PYW_SHM_WORKER_STATS_H

/*
 * The workers of a process group as the manager measured them last, for the status page and the metrics: a part of the
 * group's worker list (shm/worker_list.h), with a sequence number of its own. The manager writes, once a second.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "shm/group_state.h"

enum { PYW_WORKER_STATS_WORKERS = 2048 };

typedef struct pyw_worker_stats {
    int64_t started; /* pyw_clock_ms() */
    uint32_t pid;
    uint32_t state; /* pyw_worker_state */
    uint32_t threads;
    uint32_t busy;         /* threads that run a request */
    uint64_t served;       /* requests */
    uint64_t cpu_us;       /* user and system time */
    uint64_t resident;     /* bytes of memory; 0: unknown */
    uint64_t proportional; /* ... with a part of the pages that it shares (PSS); measured less often; 0: unknown */
} pyw_worker_stats;

typedef struct pyw_worker_stats_list {
    _Atomic uint32_t sequence;
    uint32_t use; /* the use number of the group in its entry of the worker list */
    uint32_t count;
    pyw_worker_stats workers[PYW_WORKER_STATS_WORKERS];
} pyw_worker_stats_list;

/* The manager. Ignores workers beyond PYW_WORKER_STATS_WORKERS. */
void pyw_worker_stats_write(pyw_worker_stats_list *list, uint32_t use, const pyw_worker_stats *workers, uint32_t count);

/* The number of workers that were written for that use. */
uint32_t pyw_worker_stats_count(const pyw_worker_stats_list *list, uint32_t use);

/* Copies up to `capacity` workers, for any process. Returns their number; 0 if the writer died during a write. */
uint32_t pyw_worker_stats_read(const pyw_worker_stats_list *list, uint32_t use, pyw_worker_stats *workers,
                               uint32_t capacity);

#endif
