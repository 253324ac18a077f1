/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "httpd/queue/slots.h"

#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpd/queue/slots_table.h"

enum {
    PUMP_MS = 20,       /* interval at which the first in the queue checks for new workers */
    START_MS = 3,       /* likewise, while the group has no worker */
    SERVICE_WEIGHT = 8, /* weight of the running mean of service times: the last time counts an eighth */
    AVOIDED_MS = 1000,  /* for a worker that refused a request; a worker that is about to exit leaves the worker list
                           within this time */
    REFUSAL_PAUSE_MS = 1000,
    OWNER_CHECK_MS = 500 /* interval at which waiting requests check for dead processes */
};

static void recover(pyw_slots *slots, int32_t index)
{
    pyw_ticket *lost = &slots->tickets[index];

    if (lost->state == PYW_TICKET_WAITING) {
        pyw_slots_dequeue(slots, index);
        pyw_slots_free_ticket(slots, index);
    }
    else if (lost->state == PYW_TICKET_RUNNING) {
        lost->state = PYW_TICKET_ORPHANED;
        lost->owner = 0;
        lost->since = pyw_slots_now_us();
        slots->orphans++;
    }
}

/*
 * Recovers the tickets of dead processes. 0: the last check was less than OWNER_CHECK_MS ago. The tickets of a process
 * are mostly adjacent, so this needs one kill(2) for each run of them.
 */
static int recover_dead_owners(pyw_slots *slots)
{
    int32_t known = 0;
    int is_dead = 0;

    if (slots->owners_checked_at + OWNER_CHECK_MS * INT64_C(1000) > pyw_slots_now_us()) {
        return 0;
    }
    slots->owners_checked_at = pyw_slots_now_us();
    for (uint32_t i = 0; i < slots->ticket_capacity; i++) {
        int32_t owner = slots->tickets[i].owner;

        if (owner == 0) {
            continue;
        }
        if (owner != known) {
            known = owner;
            is_dead = kill(owner, 0) != 0;
        }
        if (is_dead) {
            recover(slots, (int32_t)i);
        }
    }
    return 1;
}

void pyw_slots_adopt(pyw_slots *slots)
{
    int32_t self = (int32_t)getpid();

    pyw_slots_cache_pid();
    if (!pyw_slots_lock(slots)) {
        return;
    }
    for (uint32_t i = 0; i < slots->ticket_capacity; i++) {
        if (slots->tickets[i].owner == self) {
            recover(slots, (int32_t)i);
        }
    }
    pyw_slots_pump(slots);
    pyw_slots_unlock(slots);
}

static int64_t expected_wait(pyw_slots *slots)
{
    int32_t count = pyw_slots_count_slots(slots);
    int64_t until = slots->state == PYW_GROUP_DOWN ? slots->until - slots->now / 1000 : 0;

    if (pyw_slots_are_down(slots)) {
        return until > 0 ? until : 0;
    }
    return count == 0 ? 0 : (slots->waiting + 1) * slots->service_us / count / 1000;
}

/* A request that has already waited is refused only if the group is down. */
static pyw_slot_outcome refuse_waiting(pyw_slots *slots, const pyw_slot_parameters *parameters)
{
    if (pyw_slots_are_down(slots)) {
        return PYW_SLOT_DOWN;
    }
    if (parameters->is_repeated) {
        return PYW_SLOT_WAITS;
    }
    if (slots->waiting >= parameters->queue_limit) {
        return PYW_SLOT_FULL;
    }
    if (parameters->queue_timeout_ms > 0 && expected_wait(slots) > parameters->queue_timeout_ms) {
        return PYW_SLOT_TOO_LATE;
    }
    return PYW_SLOT_WAITS;
}

static pyw_ticket *make_ticket(pyw_slots *slots, const pyw_slot_parameters *parameters, uint32_t *index)
{
    int32_t first = slots->free_first;
    pyw_ticket *made;

    if (first == PYW_SLOTS_NONE) {
        return NULL;
    }
    made = &slots->tickets[first];
    slots->free_first = made->next;
    made->granted = 0;
    made->owner = parameters->owner ? parameters->owner : (int32_t)getpid();
    made->is_ended = 0;
    made->next = PYW_SLOTS_NONE;
    made->worker = 0;
    made->pid = 0;
    made->order = parameters->is_repeated ? 0 : ++slots->next_order;
    made->since = pyw_slots_now_us();
    made->location = parameters->location;
    made->location_limit = parameters->location_limit;
    made->reserve = parameters->reserve;
    made->is_high = parameters->is_high;
    *index = (uint32_t)first;
    return made;
}

/* No waiting request wants a free slot: it would have been granted when it became free. */
static pyw_slot_outcome admit(pyw_slots *slots, const pyw_slot_parameters *parameters, pyw_slot *slot)
{
    pyw_ticket *made = make_ticket(slots, parameters, &slot->ticket);
    pyw_slot_worker *worker = pyw_slots_find_free_worker(slots);
    pyw_slot_outcome outcome;

    if (made == NULL) {
        return PYW_SLOT_FULL;
    }
    if (worker != NULL && pyw_slots_may_run(slots, made)) {
        pyw_slots_grant(slots, made, worker);
        slot->worker = worker->serial;
        slot->pid = worker->pid;
        slot->granted_at = made->since;
        return PYW_SLOT_GRANTED;
    }
    outcome = refuse_waiting(slots, parameters);
    if (outcome != PYW_SLOT_WAITS) {
        pyw_slots_free_ticket(slots, (int32_t)slot->ticket);
        return outcome;
    }
    made->state = PYW_TICKET_WAITING;
    pyw_slots_enqueue(slots, (int32_t)slot->ticket);
    return outcome;
}

pyw_slot_outcome pyw_slots_enter(pyw_slots *slots, const pyw_slot_parameters *parameters, pyw_slot *slot)
{
    pyw_slot_outcome outcome;

    slot->requests = 0;
    if (!pyw_slots_lock_within(slots, parameters->patience_ms > 0 ? parameters->patience_ms : PYW_SLOTS_PATIENCE_MS)) {
        return PYW_SLOT_BLOCKED;
    }
    pyw_slots_pump(slots);
    outcome = admit(slots, parameters, slot);
    if ((outcome == PYW_SLOT_FULL || outcome == PYW_SLOT_TOO_LATE) && recover_dead_owners(slots)) {
        pyw_slots_pump(slots);
        outcome = admit(slots, parameters, slot);
    }
    pyw_slots_publish(slots);
    slot->requests = slots->running + slots->waiting;
    pyw_slots_unlock(slots);
    return outcome;
}

static void wait_for_futex(const _Atomic uint32_t *word, int ms)
{
    struct timespec limit = {ms / 1000, ms % 1000 * 1000000L};

    syscall(SYS_futex, word, FUTEX_WAIT, 0, &limit, NULL, 0);
}

static int is_first(const pyw_slots *slots, const pyw_slot *slot)
{
    /* A link like `next` of the tickets, which are written with the lock. */
    return atomic_load_explicit((const _Atomic int32_t *)&slots->queue_first, memory_order_relaxed) ==
           (int32_t)slot->ticket;
}

/*
 * Waiting requests maintain the queue: the worker list may have changed, or an orphaned ticket may have expired. The
 * first of them does it; another one only if the first has not, because its process is dead or stopped.
 */
static int has_to_maintain(const pyw_slots *slots, const pyw_slot *slot)
{
    return is_first(slots, slot) ||
           atomic_load_explicit(&slots->owners_checked_at, memory_order_relaxed) + OWNER_CHECK_MS * INT64_C(1000) <=
               pyw_slots_now_us();
}

static void maintain_queue(pyw_slots *slots, int64_t limit_ms)
{
    if (pyw_slots_lock_within(slots, limit_ms)) {
        recover_dead_owners(slots);
        pyw_slots_pump(slots);
        pyw_slots_unlock(slots);
    }
}

static int pause_of(const pyw_slots *slots, const pyw_slot *slot)
{
    if (!is_first(slots, slot)) {
        return OWNER_CHECK_MS;
    }
    return atomic_load_explicit(&slots->listed, memory_order_relaxed) > 0 ? PUMP_MS : START_MS;
}

pyw_slot_outcome pyw_slots_wait(pyw_slots *slots, pyw_slot *slot, int timeout_ms)
{
    pyw_ticket *own = &slots->tickets[slot->ticket];
    int64_t deadline = pyw_clock_ms() + timeout_ms;

    for (;;) {
        int64_t left = deadline - pyw_clock_ms(), limit;

        if (atomic_load_explicit(&own->granted, memory_order_acquire)) {
            slot->worker = own->worker;
            slot->pid = own->pid;
            slot->granted_at = own->since;
            return PYW_SLOT_GRANTED;
        }
        if (pyw_slots_are_down(slots)) {
            return PYW_SLOT_DOWN;
        }
        if (left <= 0) {
            return pyw_slots_is_blocked(slots) ? PYW_SLOT_BLOCKED : PYW_SLOT_WAITS;
        }
        limit = pause_of(slots, slot);
        wait_for_futex(&own->granted, (int)(left < limit ? left : limit));
        if (!atomic_load_explicit(&own->granted, memory_order_acquire) && has_to_maintain(slots, slot)) {
            maintain_queue(slots, limit);
        }
    }
}

static void record_service(pyw_slots *slots, const pyw_ticket *ended)
{
    int64_t duration = slots->now - ended->since;

    slots->service_us += slots->service_us == 0 ? duration : (duration - slots->service_us) / SERVICE_WEIGHT;
    slots->service_us += slots->service_us == 0; /* 0 means unknown */
}

void pyw_slots_leave(pyw_slots *slots, pyw_slot *slot, int worked)
{
    pyw_ticket *ended = &slots->tickets[slot->ticket];

    if (!pyw_slots_lock(slots)) {
        pyw_slots_end_later(slots, (int32_t)slot->ticket);
        return;
    }
    slot->left_at = slots->now;
    if (worked && ended->state == PYW_TICKET_RUNNING) {
        record_service(slots, ended);
    }
    pyw_slots_end(slots, (int32_t)slot->ticket);
    pyw_slots_pump(slots);
    pyw_slots_unlock(slots);
}

void pyw_slots_avoid(pyw_slots *slots, uint64_t worker, int is_gone)
{
    pyw_slot_worker *found;

    if (!pyw_slots_lock(slots)) {
        return;
    }
    found = pyw_slots_find_worker(slots, worker);
    if (found != NULL) {
        found->avoided_until = is_gone ? INT64_MAX : slots->now + AVOIDED_MS * INT64_C(1000);
    }
    pyw_slots_unlock(slots);
}

int pyw_slots_are_asleep(const pyw_slots *slots)
{
    return atomic_load_explicit(&slots->state, memory_order_relaxed) == PYW_GROUP_ASLEEP;
}

int64_t pyw_slots_expected_wait(pyw_slots *slots)
{
    int64_t wait;

    if (!pyw_slots_lock(slots)) {
        return 0;
    }
    wait = expected_wait(slots);
    pyw_slots_unlock(slots);
    return wait;
}

void pyw_slots_read_figures(pyw_slots *slots, pyw_slots_figures *figures)
{
    memset(figures, 0, sizeof(*figures));
    if (!pyw_slots_lock(slots)) {
        return;
    }
    figures->slots = (uint32_t)pyw_slots_count_slots(slots);
    figures->running = (uint32_t)slots->running;
    figures->waiting = (uint32_t)slots->waiting;
    for (uint32_t i = 0; i < slots->worker_count; i++) {
        figures->workers += pyw_slots_takes_requests(slots, &pyw_slots_workers(slots)[i]) != 0;
    }
    pyw_slots_unlock(slots);
}

int pyw_slots_should_log_blocked(pyw_slots *slots, int32_t *holder, int64_t *since_ms)
{
    int64_t now = pyw_clock_ms(), since = atomic_load_explicit(&slots->blocked_since, memory_order_relaxed);
    int64_t logged_at = atomic_load_explicit(&slots->blocked_logged_at, memory_order_relaxed);

    *holder = atomic_load_explicit(&slots->holder, memory_order_relaxed);
    *since_ms = since != 0 ? now - since : 0;
    return (logged_at == 0 || now - logged_at >= REFUSAL_PAUSE_MS) &&
           atomic_compare_exchange_strong_explicit(&slots->blocked_logged_at, &logged_at, now, memory_order_relaxed,
                                                   memory_order_relaxed);
}

int pyw_slots_count_refusal(pyw_slots *slots, uint32_t *count)
{
    int64_t now = pyw_clock_ms();
    int is_first_of_second;

    if (!pyw_slots_lock(slots)) {
        return 0;
    }
    slots->refused++;
    is_first_of_second = slots->refused_at == 0 || now - slots->refused_at >= REFUSAL_PAUSE_MS;
    if (is_first_of_second) {
        slots->refused_at = now;
        *count = slots->refused;
        slots->refused = 0;
    }
    pyw_slots_unlock(slots);
    return is_first_of_second;
}
