/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/metrics/series.h"

#include <stdio.h>
#include <string.h>

#include "base/os/shared_mutex.h"

const int64_t pyw_series_bounds[PYW_SERIES_BUCKETS - 1] = {PYW_SERIES_FIRST_BOUND,
                                                           2500,
                                                           5000,
                                                           10000,
                                                           25000,
                                                           50000,
                                                           100000,
                                                           250000,
                                                           500000,
                                                           1000000,
                                                           2500000,
                                                           5000000,
                                                           10000000,
                                                           30000000};

/* For each number of significant bits: the bounds that every duration of so many bits exceeds. */
static const unsigned char exceeded[] = {0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  1,  1,
                                         2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13};

struct pyw_series_table {
    pthread_mutex_t lock;   /* protects appending */
    _Atomic uint32_t count; /* complete series */
    pyw_series series[PYW_SERIES_CAPACITY];
};

size_t pyw_series_table_size(void)
{
    return sizeof(pyw_series_table);
}

int pyw_series_table_init(pyw_series_table *table)
{
    table->count = 1;
    return pyw_shared_mutex_init(&table->lock);
}

uint32_t pyw_series_count(const pyw_series_table *table)
{
    return atomic_load_explicit(&table->count, memory_order_acquire);
}

const pyw_series *pyw_series_at(const pyw_series_table *table, uint32_t index)
{
    return &table->series[index < pyw_series_count(table) ? index : 0];
}

uint32_t pyw_series_index(const pyw_series_table *table, const pyw_series *series)
{
    return (uint32_t)(series - table->series);
}

static pyw_series *search_series(pyw_series_table *table, const char *host, const char *group)
{
    uint32_t count = pyw_series_count(table);

    for (uint32_t i = 1; i < count; i++) {
        pyw_series *series = &table->series[i];

        if (strncmp(series->host, host, PYW_SERIES_NAME - 1) == 0 &&
            strncmp(series->group, group, PYW_SERIES_NAME - 1) == 0) {
            return series;
        }
    }
    return NULL;
}

/* Call this with the lock. If a process dies here, `count` is unchanged, so the next call overwrites its series. */
static pyw_series *append(pyw_series_table *table, const char *host, const char *group)
{
    uint32_t count = pyw_series_count(table);
    pyw_series *series = &table->series[count];

    if (count == PYW_SERIES_CAPACITY) {
        return NULL;
    }
    snprintf(series->host, sizeof(series->host), "%s", host);
    snprintf(series->group, sizeof(series->group), "%s", group);
    atomic_store_explicit(&table->count, count + 1, memory_order_release);
    return series;
}

pyw_series *pyw_series_find(pyw_series_table *table, const char *host, const char *group)
{
    pyw_series *found = search_series(table, host, group);

    if (found != NULL) {
        return found;
    }
    if (pyw_shared_mutex_try(&table->lock)) {
        found = search_series(table, host, group);
        found = found != NULL ? found : append(table, host, group);
        pthread_mutex_unlock(&table->lock);
    }
    return found != NULL ? found : &table->series[0];
}

/* No two bounds have the same number of significant bits, so a duration has to be compared with one of them. */
int pyw_series_bucket(int64_t duration_us)
{
    int bits = duration_us > 0 ? 64 - __builtin_clzll((unsigned long long)duration_us) : 0;
    int bucket = bits < (int)sizeof(exceeded) ? exceeded[bits] : PYW_SERIES_BUCKETS - 1;

    return bucket < PYW_SERIES_BUCKETS - 1 && duration_us > pyw_series_bounds[bucket] ? bucket + 1 : bucket;
}
