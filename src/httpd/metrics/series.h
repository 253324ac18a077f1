/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_METRICS_SERIES_H
#define PYW_HTTPD_METRICS_SERIES_H

/*
 * The measurements of a virtual host's requests in a process group: counters and histograms in memory that all
 * processes of httpd share. They only grow. Any thread of any process; counting takes no lock and makes no system call.
 * Does not use httpd.h.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/queue/refusal.h"

enum {
    PYW_SERIES_BUCKETS = 15, /* of a histogram; the last has no upper bound */
    PYW_SERIES_CLASSES = 6,  /* of statuses: 1xx ... 5xx; 0: the client left before the response was complete */
    PYW_SERIES_NAME = 128,   /* bytes of a name, with its NUL; longer names are cut */
    PYW_SERIES_CAPACITY = 2048
};

/* The upper bounds of the buckets but the last, in microseconds. */
#define PYW_SERIES_FIRST_BOUND 1000
extern const int64_t pyw_series_bounds[PYW_SERIES_BUCKETS - 1];

typedef struct pyw_histogram {
    _Atomic uint64_t counts[PYW_SERIES_BUCKETS]; /* of each bucket alone */
    _Atomic uint64_t sum_us;
} pyw_histogram;

typedef struct pyw_series {
    char host[PYW_SERIES_NAME];
    char group[PYW_SERIES_NAME];
    _Atomic uint64_t requests[PYW_SERIES_CLASSES];
    _Atomic uint64_t refused[PYW_REFUSALS];
    _Atomic uint64_t request_bytes;
    _Atomic uint64_t response_bytes;
    pyw_histogram duration;    /* from the arrival to the end of the response */
    pyw_histogram body;        /* reading the request body before a worker gets the request */
    pyw_histogram queue;       /* waiting for a worker */
    pyw_histogram gil;         /* waiting for the GIL before the application is called */
    pyw_histogram application; /* from the start in the worker to its last byte */
    pyw_histogram writing;     /* from that byte to the end of the response */
} pyw_series;

typedef struct pyw_series_table pyw_series_table;

/* The size of a table, and its initialisation in zeroed shared memory. Returns 0, or errno. */
size_t pyw_series_table_size(void);
int pyw_series_table_init(pyw_series_table *table);

/*
 * Finds or appends the series of a virtual host and a group. If the table is full, or another process holds its lock,
 * returns a series without names, which counts for all others. The caller may keep the pointer of a series with names.
 */
pyw_series *pyw_series_find(pyw_series_table *table, const char *host, const char *group);

/* The number of series, including the first, which has no names. */
uint32_t pyw_series_count(const pyw_series_table *table);

/* The series of an index; the first one for an index that is not one of the table. */
const pyw_series *pyw_series_at(const pyw_series_table *table, uint32_t index);
uint32_t pyw_series_index(const pyw_series_table *table, const pyw_series *series);

static inline void pyw_series_add(_Atomic uint64_t *counter, uint64_t number)
{
    atomic_fetch_add_explicit(counter, number, memory_order_relaxed);
}

static inline uint64_t pyw_series_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Whether it has counted a request. Only the first series, which has no names, may be unused. */
static inline int pyw_series_is_used(const pyw_series *series)
{
    return *series->host || pyw_series_get(&series->duration.counts[0]) || pyw_series_get(&series->duration.sum_us);
}

/* The index of the bucket of a duration, which is not negative. */
int pyw_series_bucket(int64_t duration_us);

/*
 * Counts a duration. A negative duration, which no clock should give, counts as 0. Most phases of a request are shorter
 * than the first bound.
 */
static inline void pyw_histogram_observe(pyw_histogram *histogram, int64_t duration_us)
{
    duration_us = duration_us > 0 ? duration_us : 0;
    pyw_series_add(&histogram->counts[duration_us <= PYW_SERIES_FIRST_BOUND ? 0 : pyw_series_bucket(duration_us)], 1);
    pyw_series_add(&histogram->sum_us, (uint64_t)duration_us);
}

#endif
