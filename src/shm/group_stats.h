/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_GROUP_STATS_H
#define PYW_SHM_GROUP_STATS_H

/*
 * The counters of the process groups, the last reload of each, and the last errors, in shared memory that httpd's
 * parent creates and passes to the manager with a STATS frame. The manager writes, at most once a second; httpd's
 * processes cannot. A group is found by its name, so its counters survive the death of a manager, and the removal of
 * the group from the configuration.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/faults.h"
#include "shm/group_state.h"

enum {
    PYW_GROUP_STATS_NAME = 128,    /* bytes of a name, with its NUL; longer names are cut */
    PYW_GROUP_STATS_PROBLEM = 304, /* bytes of a problem, with its NUL */
    PYW_GROUP_STATS_CAPACITY = 1024
};

typedef struct pyw_reload_record {
    int64_t at;                            /* when it began: seconds since the epoch; 0: none */
    uint32_t cause;                        /* pyw_reload_cause */
    uint32_t result;                       /* pyw_reload_result */
    char problem[PYW_GROUP_STATS_PROBLEM]; /* FAILED: why; printable */
} pyw_reload_record;

/* Since httpd was started. The numbers only grow. */
typedef struct pyw_group_stats {
    uint64_t restarts[PYW_RESTART_REASONS]; /* of workers */
    uint64_t cpu_us;                        /* user and system time of all workers */
    uint64_t busy_us;                       /* the time that all threads together have spent on requests ... */
    uint64_t capacity_us;                   /* ... of the time that they have existed in ready workers */
    pyw_reload_record reload;
} pyw_group_stats;

typedef struct pyw_group_stats_entry {
    _Atomic uint32_t sequence; /* protects `stats` */
    char name[PYW_GROUP_STATS_NAME];
    pyw_group_stats stats;
} pyw_group_stats_entry;

typedef struct pyw_group_stats_table {
    pyw_faults faults;      /* in the logs that the manager writes */
    _Atomic uint32_t count; /* complete entries */
    pyw_group_stats_entry entries[PYW_GROUP_STATS_CAPACITY];
} pyw_group_stats_table;

/* The manager: finds or appends the entry of a group. NULL: the table is full. */
pyw_group_stats_entry *pyw_group_stats_find(pyw_group_stats_table *table, const char *group);

/* The manager: publishes the counters of a group, unless they are unchanged. */
void pyw_group_stats_write(pyw_group_stats_entry *entry, const pyw_group_stats *stats);

/*
 * Copies the counters of an entry, for any process. 0: they are being written, or their writer died during a write. A
 * reader must then discard the copy. A new manager may continue from it, because each number is one of the last two
 * that were written.
 */
int pyw_group_stats_read(const pyw_group_stats_entry *entry, pyw_group_stats *stats);

/* The number of entries. */
uint32_t pyw_group_stats_count(const pyw_group_stats_table *table);

/* `stats` += `base`. The last reload is the later one. */
void pyw_group_stats_add(pyw_group_stats *stats, const pyw_group_stats *base);

#endif
