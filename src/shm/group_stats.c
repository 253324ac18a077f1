/* SPDX-License-Identifier: Apache-2.0 */
#include "shm/group_stats.h"

#include <stdio.h>
#include <string.h>

#include "shm/sequence.h"

uint32_t pyw_group_stats_count(const pyw_group_stats_table *table)
{
    uint32_t count = atomic_load_explicit(&table->count, memory_order_acquire);

    return count < PYW_GROUP_STATS_CAPACITY ? count : PYW_GROUP_STATS_CAPACITY;
}

pyw_group_stats_entry *pyw_group_stats_find(pyw_group_stats_table *table, const char *group)
{
    uint32_t count = pyw_group_stats_count(table);

    for (uint32_t i = 0; i < count; i++) {
        if (strncmp(table->entries[i].name, group, PYW_GROUP_STATS_NAME - 1) == 0) {
            return &table->entries[i];
        }
    }
    if (count == PYW_GROUP_STATS_CAPACITY) {
        return NULL;
    }
    snprintf(table->entries[count].name, PYW_GROUP_STATS_NAME, "%s", group);
    atomic_store_explicit(&table->count, count + 1, memory_order_release);
    return &table->entries[count];
}

void pyw_group_stats_write(pyw_group_stats_entry *entry, const pyw_group_stats *stats)
{
    uint32_t begun;

    if ((pyw_sequence_look(&entry->sequence) & 1) == 0 && memcmp(&entry->stats, stats, sizeof(*stats)) == 0) {
        return;
    }
    begun = pyw_sequence_begin(&entry->sequence);
    entry->stats = *stats;
    pyw_sequence_end(&entry->sequence, begun);
}

int pyw_group_stats_read(const pyw_group_stats_entry *entry, pyw_group_stats *stats)
{
    for (int i = 0; i < PYW_SEQUENCE_ATTEMPTS; i++) {
        uint32_t before = pyw_sequence_look(&entry->sequence);

        *stats = entry->stats;
        stats->reload.problem[PYW_GROUP_STATS_PROBLEM - 1] = '\0';
        if ((before & 1) == 0 && pyw_sequence_is_unchanged(&entry->sequence, before)) {
            return 1;
        }
    }
    return 0;
}

void pyw_group_stats_add(pyw_group_stats *stats, const pyw_group_stats *base)
{
    for (int i = 0; i < PYW_RESTART_REASONS; i++) {
        stats->restarts[i] += base->restarts[i];
    }
    stats->cpu_us += base->cpu_us;
    stats->busy_us += base->busy_us;
    stats->capacity_us += base->capacity_us;
    if (base->reload.at > stats->reload.at) {
        stats->reload = base->reload;
    }
}
