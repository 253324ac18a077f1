/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_recall.h"
#include "httpd/pyw_slots_table.h"

/* They are not counted one by one: which of them a worker has begun is not known here, how many is. */
static int32_t count_ahead(pyw_slots *slots)
{
    int32_t count = 0;

    for (uint32_t i = 0; i < slots->worker_count; i++) {
        const pyw_slot_worker *worker = &pyw_slots_workers(slots)[i];
        int32_t excess = worker->running - worker->threads;

        excess = excess < worker->sent_ahead ? excess : worker->sent_ahead;
        count += excess > 0 ? excess : 0;
    }
    return count;
}

int32_t pyw_slots_count_running(pyw_slots *slots)
{
    return slots->running - count_ahead(slots);
}

int32_t pyw_slots_count_waiting(pyw_slots *slots)
{
    return slots->waiting + count_ahead(slots);
}

/* As many as will probably be begun within PYW_SLOTS_QUICK_US; none, if it is not known to get on. */
int32_t pyw_slots_most_ahead(const pyw_slots *slots, const pyw_slot_worker *worker)
{
    int64_t most;

    if (slots->service_us == 0 || slots->now - worker->ended_at > PYW_SLOTS_AHEAD_MS * 1000) {
        return 0;
    }
    most = PYW_SLOTS_QUICK_US * (int64_t)worker->threads / slots->service_us;
    return most < PYW_SLOTS_AHEAD_MOST ? (int32_t)most : PYW_SLOTS_AHEAD_MOST;
}

int64_t pyw_slots_service_time(const pyw_slots *slots, const pyw_ticket *ended, const pyw_slot_worker *worker)
{
    int64_t took = slots->now - ended->since;
    int64_t share = ended->is_ahead && worker != NULL ? (slots->now - worker->ended_at) * worker->threads : took;

    return share < took ? share : took;
}

/*
 * That may be one that was not sent ahead itself: a worker's threads take what they find first. And with a thread for
 * each of its requests the worker will begin it as soon as it can.
 */
int pyw_slots_is_better_off_elsewhere(pyw_slots *slots, const pyw_ticket *sent)
{
    const pyw_slot_worker *worker = pyw_slots_find_worker(slots, sent->worker);

    if (sent->state != PYW_TICKET_RUNNING || worker == NULL || worker->running <= worker->threads) {
        return 0;
    }
    return slots->now - sent->since >= PYW_SLOTS_AHEAD_MS * 1000 || pyw_slots_find_free_worker(slots) != NULL;
}

static int32_t count_idle(pyw_slots *slots)
{
    int32_t count = 0;

    for (uint32_t i = 0; i < slots->worker_count; i++) {
        const pyw_slot_worker *worker = &pyw_slots_workers(slots)[i];
        int32_t idle = worker->threads - worker->running;

        count += pyw_slots_takes_requests(slots, worker) && idle > 0 ? idle : 0;
    }
    return count;
}

/* It may have been begun. */
static int can_be_told(const pyw_ticket *sent, const pyw_slot_worker *worker)
{
    return sent->state == PYW_TICKET_RUNNING && sent->worker == worker->serial && sent->thread != 0 &&
           !__atomic_load_n(&sent->is_begun, __ATOMIC_SEQ_CST);
}

/* The last that was sent is the last that is begun, mostly. NULL: all were told. *told: how many were. */
static pyw_ticket *find_last_sent(pyw_slots *slots, const pyw_slot_worker *worker, int32_t *told)
{
    pyw_ticket *last = NULL;

    *told = 0;
    for (uint32_t i = 0; i < slots->ticket_capacity; i++) {
        pyw_ticket *sent = &slots->tickets[i];

        if (can_be_told(sent, worker)) {
            *told += sent->is_recalled;
            last = !sent->is_recalled && (last == NULL || sent->since > last->since) ? sent : last;
        }
    }
    return last;
}

static void tell(pyw_ticket *told)
{
    __atomic_store_n(&told->is_recalled, 1, __ATOMIC_SEQ_CST);
    if (!pyw_recall_send(told->owner, told->thread)) {
        told->thread = 0;
    }
}

/* Returns how many are told, of `count` at most. */
static int32_t recall_from(pyw_slots *slots, const pyw_slot_worker *worker, int32_t count)
{
    int32_t told;
    pyw_ticket *last = find_last_sent(slots, worker, &told);

    while (last != NULL && told < count) {
        tell(last);
        last = find_last_sent(slots, worker, &told);
    }
    return told;
}

void pyw_slots_recall(pyw_slots *slots)
{
    int32_t idle = count_idle(slots);

    for (uint32_t i = 0; idle > 0 && i < slots->worker_count; i++) {
        const pyw_slot_worker *worker = &pyw_slots_workers(slots)[i];
        int32_t excess = worker->running - worker->threads;

        if (excess > 0) {
            idle -= recall_from(slots, worker, excess < idle ? excess : idle);
        }
    }
}
