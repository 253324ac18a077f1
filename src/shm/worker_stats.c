/* SPDX-License-Identifier: Apache-2.0 */
#include "shm/worker_stats.h"

#include <string.h>

#include "shm/sequence.h"

void pyw_worker_stats_write(pyw_worker_stats_list *list, uint32_t use, const pyw_worker_stats *workers, uint32_t count)
{
    uint32_t begun = pyw_sequence_begin(&list->sequence);

    list->use = use;
    list->count = count < PYW_WORKER_STATS_WORKERS ? count : PYW_WORKER_STATS_WORKERS;
    if (list->count > 0) {
        memcpy(list->workers, workers, list->count * sizeof(*workers));
    }
    pyw_sequence_end(&list->sequence, begun);
}

uint32_t pyw_worker_stats_count(const pyw_worker_stats_list *list, uint32_t use)
{
    uint32_t count = list->use == use ? list->count : 0;

    return count < PYW_WORKER_STATS_WORKERS ? count : PYW_WORKER_STATS_WORKERS;
}

uint32_t pyw_worker_stats_read(const pyw_worker_stats_list *list, uint32_t use, pyw_worker_stats *workers,
                               uint32_t capacity)
{
    for (int i = 0; i < PYW_SEQUENCE_ATTEMPTS; i++) {
        uint32_t before = pyw_sequence_look(&list->sequence);
        uint32_t count = pyw_worker_stats_count(list, use);

        count = count < capacity ? count : capacity;
        memcpy(workers, list->workers, count * sizeof(*workers));
        if ((before & 1) == 0 && pyw_sequence_is_unchanged(&list->sequence, before)) {
            return count;
        }
    }
    return 0;
}
