/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SLOTS_TABLE_H
#define PYW_HTTPD_QUEUE_SLOTS_TABLE_H

/*
 * The inside of pyw_slots: the table and the steps that keep it right. For httpd/queue/slots.c only. Everything but
 * the lock itself is called with the lock held. What is read or written without it is atomic.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "httpd/queue/slots_memory.h"

enum { PYW_SLOTS_NONE = -1 };

typedef enum {
    PYW_TICKET_FREE = 0,
    PYW_TICKET_WAITING,
    PYW_TICKET_RUNNING,
    PYW_TICKET_ORPHANED /* its process died; the worker may still be busy with it */
} pyw_ticket_state;

typedef struct pyw_ticket {
    _Atomic uint32_t granted; /* 1: it runs. The futex of its process */
    uint32_t state;
    int32_t owner;   /* process id */
    int32_t next;    /* in the queue, or among the free ones; PYW_SLOTS_NONE */
    uint64_t worker; /* 0: none was granted yet */
    uint32_t pid;    /* of the worker */
    uint64_t order;  /* of the queue, to make it anew */
    int64_t since;   /* pyw_slots_now_us() of the change of state */
    int32_t location;
    int32_t location_limit;
    int32_t reserve;
    int32_t is_high;
    _Atomic uint32_t is_left; /* its thread is gone and could not have the lock: whoever has it next ends the ticket */
} pyw_ticket;

typedef struct pyw_slot_worker {
    uint64_t serial;
    uint32_t pid;
    int32_t threads;
    int32_t running;
    int32_t is_listed;     /* in the worker list */
    int64_t avoided_until; /* now_us(), unless the worker list changes before */
} pyw_slot_worker;

struct pyw_slots {
    pthread_mutex_t lock;
    _Atomic int32_t holder;        /* the process that has the lock; 0: none */
    _Atomic uint32_t left;         /* tickets were left without the lock */
    _Atomic int64_t blocked_since; /* since then nobody could have the lock, pyw_clock_ms(); 0: somebody had it */
    _Atomic int64_t blocked_told_at;
    const pyw_worker_list_group *worker_list;
    uint32_t use;           /* as the members of pyw_worker_list_status */
    _Atomic uint32_t state; /* written with the lock, like the next two */
    _Atomic int64_t until;
    _Atomic int32_t listed; /* workers that the worker list has */
    pyw_load_group *load;
    uint32_t ticket_capacity;
    uint32_t worker_capacity;
    uint32_t sequence; /* of the worker list, as the workers below are */
    uint32_t worker_count;
    uint32_t turn; /* of workers that are equally idle */
    int64_t now;   /* now_us(), when the lock was taken */
    int32_t free_first;
    int32_t queue_first;
    uint64_t next_order;
    int32_t waiting;
    int32_t running;
    int32_t orphans;
    int32_t location_running[PYW_SLOTS_LOCATIONS];
    int64_t service_us; /* running mean of what a request takes in a worker; 0: not known */
    int64_t refused_at;
    int64_t owners_seen_at;
    uint32_t refused;
    pyw_ticket tickets[]; /* behind them the workers, behind these room to read the worker list */
};

/* The monotonic clock in microseconds. */
int64_t pyw_slots_now_us(void);

/*
 * Takes the lock, puts right what a dead process left, and follows the worker list. The lock is never held for longer
 * than it takes to look at the table, unless its holder is stopped by a debugger or SIGSTOP. 0: it could not be had for
 * PYW_SLOTS_PATIENCE_MS, or for `limit_ms` if that is less; sooner if others have waited as long before.
 */
int pyw_slots_lock(pyw_slots *slots);
int pyw_slots_lock_within(pyw_slots *slots, int64_t limit_ms);

/* Nobody could have the lock for PYW_SLOTS_PATIENCE_MS. Needs no lock. */
int pyw_slots_is_blocked(const pyw_slots *slots);

void pyw_slots_unlock(pyw_slots *slots);

/* In a new process. */
void pyw_slots_know_self(void);

/* Gives a ticket back that is in no queue and runs nothing. */
void pyw_slots_put_free(pyw_slots *slots, int32_t index);

/* Those of high priority first, then by order. Dequeuing one that is not in the queue does nothing. */
void pyw_slots_enqueue(pyw_slots *slots, int32_t index);
void pyw_slots_dequeue(pyw_slots *slots, int32_t index);

/* Tells the manager who waits and runs. */
void pyw_slots_publish(pyw_slots *slots);

pyw_slot_worker *pyw_slots_workers(pyw_slots *slots);
pyw_slot_worker *pyw_slots_find_worker(pyw_slots *slots, uint64_t serial);
/* No worker is listed, and the worker list says that there will not be one soon. Needs no lock. */
int pyw_slots_are_down(const pyw_slots *slots);

int pyw_slots_takes_requests(const pyw_slots *slots, const pyw_slot_worker *worker);

/* Of the workers that take requests. */
int32_t pyw_slots_count_slots(pyw_slots *slots);

/* The one with most threads to spare (they share a GIL), each in turn among equals; NULL: all are busy. */
pyw_slot_worker *pyw_slots_find_free_worker(pyw_slots *slots);

/* As far as its location and what is reserved are concerned. */
int pyw_slots_may_run(pyw_slots *slots, const pyw_ticket *wanted);

/* The ticket runs in that worker from now on; and does no longer, and is free. */
void pyw_slots_grant(pyw_slots *slots, pyw_ticket *granted, pyw_slot_worker *worker);
void pyw_slots_end_running(pyw_slots *slots, int32_t index);

/* Takes the ticket out of the queue, or its request off its worker, and frees it. */
void pyw_slots_end(pyw_slots *slots, int32_t index);

/* Without the lock, which could not be had: pyw_slots_end() will be called by whoever gets it next. */
void pyw_slots_end_later(pyw_slots *slots, int32_t index);

/* Gives slots that are free to those that wait and may have them, and publishes. */
void pyw_slots_pump(pyw_slots *slots);

#endif
