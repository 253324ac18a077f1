/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "httpd/queue/slots_table.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/os/shared_mutex.h"

enum { BLOCKED_MS = 5 }; /* time limit for the lock while the table is blocked */

/*
 * The id of this process, because getpid(2) is a system call. Not in the child's context: httpd's parent uses the
 * table, too.
 */
static int32_t self;

void pyw_slots_cache_pid(void)
{
    self = (int32_t)getpid();
}

static int32_t own_pid(void)
{
    if (self == 0) {
        pyw_slots_cache_pid();
    }
    return self;
}

pyw_slot_worker *pyw_slots_workers(pyw_slots *slots)
{
    return (pyw_slot_worker *)(void *)(slots->tickets + slots->ticket_capacity);
}

size_t pyw_slots_size(uint32_t tickets, uint32_t workers)
{
    return sizeof(pyw_slots) + tickets * sizeof(pyw_ticket) +
           workers * (sizeof(pyw_slot_worker) + sizeof(pyw_worker_list_worker));
}

int64_t pyw_slots_now_us(void)
{
    return pyw_clock_us();
}

void pyw_slots_free_ticket(pyw_slots *slots, int32_t index)
{
    slots->tickets[index].state = PYW_TICKET_FREE;
    slots->tickets[index].owner = 0;
    slots->tickets[index].next = slots->free_first;
    slots->free_first = index;
}

int pyw_slots_init(pyw_slots *slots, uint32_t tickets, uint32_t workers, const pyw_worker_list_group *worker_list,
                   uint32_t use, pyw_load_group *load)
{
    slots->worker_list = worker_list;
    slots->use = use;
    slots->load = load;
    slots->ticket_capacity = tickets;
    slots->worker_capacity = workers;
    slots->free_first = PYW_SLOTS_NONE;
    slots->queue_first = PYW_SLOTS_NONE;
    slots->sequence = 1; /* odd: differs from every worker list */
    for (int32_t i = (int32_t)tickets - 1; i >= 0; i--) {
        pyw_slots_free_ticket(slots, i);
    }
    return pyw_shared_mutex_init(&slots->lock);
}

static int is_ahead(const pyw_ticket *one, const pyw_ticket *other)
{
    return one->is_high != other->is_high ? one->is_high > other->is_high : one->order < other->order;
}

/* pyw_slots_wait() compares the first link without the lock. */
static void set_link(int32_t *link, int32_t index)
{
    atomic_store_explicit((_Atomic int32_t *)link, index, memory_order_relaxed);
}

void pyw_slots_enqueue(pyw_slots *slots, int32_t index)
{
    pyw_ticket *added = &slots->tickets[index];
    int32_t *link = &slots->queue_first;

    while (*link != PYW_SLOTS_NONE && !is_ahead(added, &slots->tickets[*link])) {
        link = &slots->tickets[*link].next;
    }
    added->next = *link;
    set_link(link, index);
    slots->waiting++;
}

void pyw_slots_dequeue(pyw_slots *slots, int32_t index)
{
    int32_t *link = &slots->queue_first;

    while (*link != PYW_SLOTS_NONE && *link != index) {
        link = &slots->tickets[*link].next;
    }
    if (*link == index) {
        set_link(link, slots->tickets[index].next);
        slots->waiting--;
    }
}

/* Publishes the load for the manager, which starts workers if requests wait too long. */
void pyw_slots_publish(pyw_slots *slots)
{
    int64_t since = INT64_MAX;

    for (int32_t i = slots->queue_first; i != PYW_SLOTS_NONE; i = slots->tickets[i].next) {
        since = slots->tickets[i].since < since ? slots->tickets[i].since : since;
    }
    slots->load->waiting_since = slots->queue_first == PYW_SLOTS_NONE ? 0 : since / 1000;
    slots->load->waiting = (uint32_t)slots->waiting;
    slots->load->running = (uint32_t)slots->running;
}

pyw_slot_worker *pyw_slots_find_worker(pyw_slots *slots, uint64_t serial)
{
    pyw_slot_worker *workers = pyw_slots_workers(slots);

    for (uint32_t i = 0; i < slots->worker_count; i++) {
        if (workers[i].serial == serial) {
            return &workers[i];
        }
    }
    return NULL;
}

static void add_worker(pyw_slots *slots, const pyw_worker_list_worker *listed)
{
    pyw_slot_worker *worker = pyw_slots_find_worker(slots, listed->serial);

    if (worker == NULL) {
        if (slots->worker_count == slots->worker_capacity) {
            return;
        }
        worker = &pyw_slots_workers(slots)[slots->worker_count++];
        memset(worker, 0, sizeof(*worker));
        worker->serial = listed->serial;
        worker->pid = listed->pid;
    }
    worker->threads = listed->threads > INT32_MAX ? INT32_MAX : (int32_t)listed->threads;
    worker->is_listed = 1;
    worker->avoided_until = 0;
}

/* Drops workers that have left the worker list and run no requests. */
static void drop_unlisted(pyw_slots *slots)
{
    pyw_slot_worker *workers = pyw_slots_workers(slots);
    uint32_t count = 0;

    for (uint32_t i = 0; i < slots->worker_count; i++) {
        if (workers[i].is_listed || workers[i].running > 0) {
            workers[count++] = workers[i];
        }
    }
    slots->worker_count = count;
}

static void follow_worker_list(pyw_slots *slots)
{
    pyw_worker_list_worker *listed = (void *)(pyw_slots_workers(slots) + slots->worker_capacity);
    pyw_worker_list_status status = {.use = slots->use};
    uint32_t count;

    if (pyw_worker_list_sequence(slots->worker_list) == slots->sequence) {
        return;
    }
    count = pyw_worker_list_read(slots->worker_list, &status, listed, slots->worker_capacity, &slots->sequence);
    /* Read without the lock, therefore atomic. */
    atomic_store_explicit(&slots->until, status.until, memory_order_relaxed);
    atomic_store_explicit(&slots->state, status.state, memory_order_relaxed);
    atomic_store_explicit(&slots->listed, (int32_t)count, memory_order_relaxed);
    for (uint32_t i = 0; i < slots->worker_count; i++) {
        pyw_slots_workers(slots)[i].is_listed = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        pyw_slot_worker *known = pyw_slots_find_worker(slots, listed[i].serial);

        if (known != NULL) {
            known->is_listed = 1;
        }
    }
    drop_unlisted(slots);
    for (uint32_t i = 0; i < count; i++) {
        add_worker(slots, &listed[i]);
    }
}

/* If the manager dies, DOWN ends by itself, and requests wait for the workers of the next manager. */
int pyw_slots_are_down(const pyw_slots *slots)
{
    if (atomic_load_explicit(&slots->listed, memory_order_relaxed) > 0) {
        return 0;
    }
    switch (atomic_load_explicit(&slots->state, memory_order_relaxed)) {
    case PYW_GROUP_STOPPING:
    case PYW_GROUP_STOPPED:
    case PYW_GROUP_REMOVED:
        return 1;
    case PYW_GROUP_DOWN:
        return atomic_load_explicit(&slots->until, memory_order_relaxed) > pyw_clock_ms();
    default:
        return 0;
    }
}

int pyw_slots_takes_requests(const pyw_slots *slots, const pyw_slot_worker *worker)
{
    return worker->is_listed && worker->avoided_until <= slots->now;
}

int32_t pyw_slots_count_slots(pyw_slots *slots)
{
    int32_t count = 0;

    for (uint32_t i = 0; i < slots->worker_count; i++) {
        count +=
            pyw_slots_takes_requests(slots, &pyw_slots_workers(slots)[i]) ? pyw_slots_workers(slots)[i].threads : 0;
    }
    return count;
}

pyw_slot_worker *pyw_slots_find_free_worker(pyw_slots *slots)
{
    pyw_slot_worker *workers = pyw_slots_workers(slots), *best = NULL;

    for (uint32_t i = 0; i < slots->worker_count; i++) {
        pyw_slot_worker *worker = &workers[(slots->turn + i) % slots->worker_count];

        if (pyw_slots_takes_requests(slots, worker) && worker->running < worker->threads &&
            (best == NULL || worker->threads - worker->running > best->threads - best->running)) {
            best = worker;
        }
    }
    return best;
}

int pyw_slots_may_run(pyw_slots *slots, const pyw_ticket *wanted)
{
    if (wanted->location > 0 && slots->location_running[wanted->location] >= wanted->location_limit) {
        return 0;
    }
    return wanted->is_high || wanted->reserve == 0 || slots->running == 0 ||
           slots->running < pyw_slots_count_slots(slots) - wanted->reserve;
}

static void count_change(pyw_slots *slots, const pyw_ticket *counted, pyw_slot_worker *worker, int change)
{
    slots->running += change;
    if (worker != NULL) {
        worker->running += change;
    }
    if (counted->location > 0) {
        slots->location_running[counted->location] += change;
    }
}

static void wake_ticket(pyw_ticket *woken)
{
    atomic_store_explicit(&woken->granted, 1, memory_order_release);
    syscall(SYS_futex, &woken->granted, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void pyw_slots_grant(pyw_slots *slots, pyw_ticket *granted, pyw_slot_worker *worker)
{
    slots->turn++;
    granted->state = PYW_TICKET_RUNNING;
    granted->worker = worker->serial;
    granted->pid = worker->pid;
    granted->since = pyw_slots_now_us();
    count_change(slots, granted, worker, 1);
}

void pyw_slots_end_running(pyw_slots *slots, int32_t index)
{
    pyw_ticket *ended = &slots->tickets[index];

    slots->orphans -= ended->state == PYW_TICKET_ORPHANED;
    count_change(slots, ended, pyw_slots_find_worker(slots, ended->worker), -1);
    pyw_slots_free_ticket(slots, index);
}

static void drop_orphans(pyw_slots *slots)
{
    int64_t limit = slots->now - PYW_SLOTS_ORPHAN_MS * INT64_C(1000);

    for (uint32_t i = 0; slots->orphans > 0 && i < slots->ticket_capacity; i++) {
        if (slots->tickets[i].state == PYW_TICKET_ORPHANED && slots->tickets[i].since <= limit) {
            pyw_slots_end_running(slots, (int32_t)i);
        }
    }
}

void pyw_slots_pump(pyw_slots *slots)
{
    int32_t index = slots->queue_first;

    while (index != PYW_SLOTS_NONE) {
        pyw_ticket *waiting = &slots->tickets[index];
        int32_t next = waiting->next;
        pyw_slot_worker *worker = pyw_slots_find_free_worker(slots);

        if (worker == NULL) {
            break;
        }
        if (pyw_slots_may_run(slots, waiting)) {
            pyw_slots_dequeue(slots, index);
            pyw_slots_grant(slots, waiting, worker);
            wake_ticket(waiting);
        }
        index = next;
    }
    pyw_slots_publish(slots);
}

/* A process died while it changed the table: recomputes everything from the tickets. */
static void make_consistent(pyw_slots *slots)
{
    slots->free_first = PYW_SLOTS_NONE;
    set_link(&slots->queue_first, PYW_SLOTS_NONE);
    slots->waiting = 0;
    slots->running = 0;
    slots->orphans = 0;
    memset(slots->location_running, 0, sizeof(slots->location_running));
    if (slots->worker_count > slots->worker_capacity) {
        slots->worker_count = 0;
    }
    slots->sequence |= 1; /* read the worker list again */
    for (uint32_t i = 0; i < slots->worker_count; i++) {
        pyw_slots_workers(slots)[i].running = 0;
    }
    for (int32_t i = (int32_t)slots->ticket_capacity - 1; i >= 0; i--) {
        pyw_ticket *found = &slots->tickets[i];

        if (found->state == PYW_TICKET_WAITING) {
            pyw_slots_enqueue(slots, i);
        }
        else if (found->state == PYW_TICKET_RUNNING || found->state == PYW_TICKET_ORPHANED) {
            slots->orphans += found->state == PYW_TICKET_ORPHANED;
            count_change(slots, found, pyw_slots_find_worker(slots, found->worker), 1);
            wake_ticket(found); /* the dead process may not have woken it */
        }
        else {
            pyw_slots_free_ticket(slots, i);
        }
    }
    pthread_mutex_consistent(&slots->lock);
}

void pyw_slots_end(pyw_slots *slots, int32_t index)
{
    uint32_t state = slots->tickets[index].state;

    if (state == PYW_TICKET_WAITING) {
        pyw_slots_dequeue(slots, index);
        pyw_slots_free_ticket(slots, index);
    }
    else if (state != PYW_TICKET_FREE) {
        pyw_slots_end_running(slots, index);
    }
}

void pyw_slots_end_later(pyw_slots *slots, int32_t index)
{
    atomic_store(&slots->tickets[index].is_ended, 1);
    atomic_store(&slots->has_ended, 1);
}

static void end_marked(pyw_slots *slots)
{
    if (atomic_load_explicit(&slots->has_ended, memory_order_relaxed) == 0) {
        return;
    }
    atomic_store(&slots->has_ended, 0);
    for (uint32_t i = 0; i < slots->ticket_capacity; i++) {
        if (atomic_exchange(&slots->tickets[i].is_ended, 0)) {
            pyw_slots_end(slots, (int32_t)i);
        }
    }
    pyw_slots_pump(slots);
}

int pyw_slots_is_blocked(const pyw_slots *slots)
{
    int64_t since = atomic_load_explicit(&slots->blocked_since, memory_order_relaxed);

    return since != 0 && pyw_clock_ms() - since >= PYW_SLOTS_PATIENCE_MS;
}

static int acquire(pyw_slots *slots, int64_t limit_ms)
{
    int error = pthread_mutex_trylock(&slots->lock);
    int64_t not_blocked = 0, start, end;
    struct timespec limit;

    if (error != EBUSY) {
        return error;
    }
    limit_ms = limit_ms < PYW_SLOTS_PATIENCE_MS ? limit_ms : PYW_SLOTS_PATIENCE_MS;
    start = pyw_slots_now_us();
    end = start + (pyw_slots_is_blocked(slots) ? BLOCKED_MS : limit_ms) * 1000;
    limit = (struct timespec){end / 1000000, end % 1000000 * 1000};
    error = pyw_shared_mutex_lock_until(&slots->lock, &limit);
    if (error == ETIMEDOUT) {
        atomic_compare_exchange_strong_explicit(&slots->blocked_since, &not_blocked, start / 1000, memory_order_relaxed,
                                                memory_order_relaxed);
    }
    return error;
}

int pyw_slots_lock_within(pyw_slots *slots, int64_t limit_ms)
{
    int error = acquire(slots, limit_ms);

    if (error == EOWNERDEAD) {
        make_consistent(slots);
    }
    else if (error != 0) {
        return 0;
    }
    atomic_store_explicit(&slots->holder, own_pid(), memory_order_relaxed);
    if (atomic_load_explicit(&slots->blocked_since, memory_order_relaxed) != 0) {
        atomic_store_explicit(&slots->blocked_since, 0, memory_order_relaxed);
    }
    slots->now = pyw_slots_now_us();
    follow_worker_list(slots);
    drop_orphans(slots);
    end_marked(slots);
    return 1;
}

int pyw_slots_lock(pyw_slots *slots)
{
    return pyw_slots_lock_within(slots, PYW_SLOTS_PATIENCE_MS);
}

void pyw_slots_unlock(pyw_slots *slots)
{
    atomic_store_explicit(&slots->holder, 0, memory_order_relaxed);
    pthread_mutex_unlock(&slots->lock);
}
