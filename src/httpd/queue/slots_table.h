/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SLOTS_TABLE_H
#define PYW_HTTPD_QUEUE_SLOTS_TABLE_H

/*
 * Internals of pyw_slots: the table and its invariants. Only for httpd/queue/slots.c. Call all functions with the lock
 * held, unless stated otherwise. Members that are read or written without the lock are atomic.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "httpd/queue/slots_memory.h"

enum { PYW_SLOTS_NONE = -1 };

typedef enum {
    PYW_TICKET_FREE = 0,
    PYW_TICKET_WAITING,
    PYW_TICKET_RUNNING,
    PYW_TICKET_ORPHANED /* its process died; the worker may still run it */
} pyw_ticket_state;

typedef struct pyw_ticket {
    _Atomic uint32_t granted; /* 1: has a slot. The futex of its process */
    pyw_ticket_state state;
    int32_t owner;   /* process id */
    int32_t next;    /* in the queue, or in the list of free tickets; PYW_SLOTS_NONE */
    uint64_t worker; /* 0: none granted yet */
    uint32_t pid;    /* of the worker */
    uint64_t order;  /* position in the queue, to rebuild it */
    int64_t since;   /* pyw_slots_now_us() of the change of state */
    int32_t location;
    int32_t location_limit;
    int32_t reserve;
    int32_t is_high;
    _Atomic uint32_t is_ended; /* has ended, but without the lock: the next owner of the lock frees it */
} pyw_ticket;

typedef struct pyw_slot_worker {
    uint64_t serial;
    uint32_t pid;
    int32_t threads;
    int32_t running;
    int32_t is_listed;     /* in the worker list */
    int64_t avoided_until; /* pyw_slots_now_us(); or until the worker list changes */
} pyw_slot_worker;

struct pyw_slots {
    pthread_mutex_t lock;
    _Atomic int32_t holder;        /* the process that holds the lock; 0: none */
    _Atomic uint32_t has_ended;    /* tickets have is_ended */
    _Atomic int64_t blocked_since; /* pyw_clock_ms() of the first failed attempt to lock; 0: none failed */
    _Atomic int64_t blocked_logged_at;
    const pyw_worker_list_group *worker_list;
    uint32_t use;           /* as the members of pyw_worker_list_status */
    _Atomic uint32_t state; /* written with the lock, like the next two */
    _Atomic int64_t until;
    _Atomic int32_t listed; /* number of workers in the worker list */
    pyw_load_group *load;
    uint32_t ticket_capacity;
    uint32_t worker_capacity;
    uint32_t sequence; /* of the worker list that was read last */
    uint32_t worker_count;
    uint32_t turn; /* rotates among equally idle workers */
    int64_t now;   /* pyw_slots_now_us() when the lock was acquired */
    int32_t free_first;
    int32_t queue_first;
    uint64_t next_order;
    int32_t waiting;
    int32_t running;
    int32_t orphans;
    int32_t location_running[PYW_SLOTS_LOCATIONS];
    int64_t service_us; /* running mean of a request's duration in a worker; 0: unknown */
    int64_t refused_at;
    _Atomic int64_t owners_checked_at; /* written with the lock */
    uint32_t refused;
    pyw_ticket tickets[]; /* followed by the workers, and by a buffer for the worker list */
};

/* The monotonic clock in microseconds. */
int64_t pyw_slots_now_us(void);

/*
 * Acquires the lock, repairs the table after the death of a process, and reads the worker list if it has changed. The
 * lock is held only for short table operations, unless its holder is stopped by a debugger or SIGSTOP. 0: the time
 * limit has passed: PYW_SLOTS_PATIENCE_MS, or `limit_ms` if that is less, or BLOCKED_MS while the table is blocked.
 */
int pyw_slots_lock(pyw_slots *slots);
int pyw_slots_lock_within(pyw_slots *slots, int64_t limit_ms);

/* Whether all attempts to lock have failed for PYW_SLOTS_PATIENCE_MS. Needs no lock. */
int pyw_slots_is_blocked(const pyw_slots *slots);

void pyw_slots_unlock(pyw_slots *slots);

/* Caches the process id. In a new process. */
void pyw_slots_cache_pid(void);

/* Frees a ticket that neither waits nor runs. */
void pyw_slots_free_ticket(pyw_slots *slots, int32_t index);

/* High priority first, then by order. Dequeuing a ticket that is not in the queue does nothing. */
void pyw_slots_enqueue(pyw_slots *slots, int32_t index);
void pyw_slots_dequeue(pyw_slots *slots, int32_t index);

/* Publishes the numbers of waiting and running requests to the manager. */
void pyw_slots_publish(pyw_slots *slots);

pyw_slot_worker *pyw_slots_workers(pyw_slots *slots);
pyw_slot_worker *pyw_slots_find_worker(pyw_slots *slots, uint64_t serial);
/* Whether no worker is listed, and the state of the group rules out a worker soon. Needs no lock. */
int pyw_slots_are_down(const pyw_slots *slots);

int pyw_slots_takes_requests(const pyw_slots *slots, const pyw_slot_worker *worker);

/* The number of slots of all workers that accept requests. */
int32_t pyw_slots_count_slots(pyw_slots *slots);

/* The worker with the most free threads, because threads share a GIL; rotates among equals. NULL: all are busy. */
pyw_slot_worker *pyw_slots_find_free_worker(pyw_slots *slots);

/* Whether the limits of its location and the reserve allow the request to run. */
int pyw_slots_may_run(pyw_slots *slots, const pyw_ticket *wanted);

/* Marks the ticket as running in the worker; ends it and frees the ticket. */
void pyw_slots_grant(pyw_slots *slots, pyw_ticket *granted, pyw_slot_worker *worker);
void pyw_slots_end_running(pyw_slots *slots, int32_t index);

/* Removes a waiting ticket from the queue, or ends a running one, and frees it. */
void pyw_slots_end(pyw_slots *slots, int32_t index);

/* Marks a ticket without the lock. The next owner of the lock calls pyw_slots_end(). */
void pyw_slots_end_later(pyw_slots *slots, int32_t index);

/* Grants free slots to waiting requests, and publishes the load. */
void pyw_slots_pump(pyw_slots *slots);

#endif
