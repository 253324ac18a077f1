/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SLOTS_H
#define PYW_HTTPD_QUEUE_SLOTS_H

/*
 * The table of the requests and workers of a group, in memory that all processes of httpd share and only they can
 * write. A worker in the worker list has as many slots as threads. A request takes a ticket. With a slot it runs,
 * otherwise it waits, first come first served, but after requests of high priority. It also waits while the group has
 * no worker, unless the state in the worker list rules out a worker soon.
 *
 * Any thread of any httpd process. The lock is robust: if a process dies while it holds the lock, the next owner
 * repairs the table. A process that is stopped while it holds the lock (a debugger, SIGSTOP) blocks the table until it
 * continues or is killed, but others wait at most PYW_SLOTS_PATIENCE_MS. After that, requests are not admitted
 * (PYW_SLOT_BLOCKED), and requests that end mark their tickets for the next owner of the lock. All processes have the
 * same user, so that kill(2) shows which are alive. Does not use httpd.h.
 */

#include <stdint.h>

#include "httpd/queue/slots_memory.h"

/* The parameters of a request. The limits may differ between the configurations of two generations. */
typedef struct pyw_slot_parameters {
    int32_t owner;        /* the process id; 0: getpid(2) determines it */
    int is_high;          /* served before others, and may use reserved slots */
    int is_repeated;      /* a worker did not start it: served before all others of its priority */
    int location;         /* 0: none */
    int location_limit;   /* maximum of running requests of the location */
    int reserve;          /* slots of the group that only is_high may use */
    int queue_limit;      /* maximum of waiting requests */
    int queue_timeout_ms; /* and of their wait; 0: no limit */
    int patience_ms;      /* time limit for the lock; 0: PYW_SLOTS_PATIENCE_MS, the maximum */
} pyw_slot_parameters;

typedef enum {
    PYW_SLOT_GRANTED = 0, /* the slot names the worker */
    PYW_SLOT_WAITS,       /* call pyw_slots_wait() */
    PYW_SLOT_FULL,        /* no ticket: queue_limit requests are waiting */
    PYW_SLOT_TOO_LATE,    /* no ticket: the expected wait exceeds queue_timeout_ms */
    PYW_SLOT_DOWN,        /* no ticket: the group has no worker, and will not have one soon */
    PYW_SLOT_BLOCKED      /* another process holds the lock: see pyw_slots_should_log_blocked() */
} pyw_slot_outcome;

typedef struct pyw_slot {
    uint32_t ticket;
    uint64_t worker;    /* its serial, once granted */
    uint32_t pid;       /* of the worker, once granted */
    int32_t requests;   /* running and waiting requests at its arrival, itself included */
    int64_t granted_at; /* microseconds of base/clock.h; 0: never */
    int64_t left_at;    /* likewise: the end of the request */
} pyw_slot;

/* In a new child: recovers the tickets of a dead process that had the same id. */
void pyw_slots_adopt(pyw_slots *slots);

/* Admits a request, enqueues it, or refuses it. */
pyw_slot_outcome pyw_slots_enter(pyw_slots *slots, const pyw_slot_parameters *parameters, pyw_slot *slot);

/*
 * Waits up to `timeout_ms` and returns PYW_SLOT_GRANTED or PYW_SLOT_WAITS; PYW_SLOT_DOWN: the last worker has exited;
 * PYW_SLOT_BLOCKED: the table is blocked. Keeps the ticket in all cases.
 */
pyw_slot_outcome pyw_slots_wait(pyw_slots *slots, pyw_slot *slot, int timeout_ms);

/* Frees the ticket: the request has ended, or stops waiting. `worked` 0: its duration is not counted. */
void pyw_slots_leave(pyw_slots *slots, pyw_slot *slot, int worked);

/*
 * Avoids a worker until the worker list changes if it cannot be reached (`is_gone`). If it has refused a request,
 * avoids it for a second, or until the worker list changes.
 */
void pyw_slots_avoid(pyw_slots *slots, uint64_t worker, int is_gone);

/* Whether the group is asleep, so that a waiting request must wake the manager. Takes no lock. */
int pyw_slots_are_asleep(const pyw_slots *slots);

/* The expected wait of a new request, in ms; for a group that is down, the time until the next attempt to start it. */
int64_t pyw_slots_expected_wait(pyw_slots *slots);

typedef struct pyw_slots_figures {
    uint32_t workers;
    uint32_t slots;
    uint32_t running;
    uint32_t waiting;
} pyw_slots_figures;

void pyw_slots_read_figures(pyw_slots *slots, pyw_slots_figures *figures);

/*
 * After PYW_SLOT_BLOCKED: returns 1 for the first call within a second in all processes. *holder: the process that
 * holds the lock (0: unknown); *since_ms: the time since then. Takes no lock.
 */
int pyw_slots_should_log_blocked(pyw_slots *slots, int32_t *holder, int64_t *since_ms);

/*
 * Counts a refused request. Returns 1 for the first refusal within a second; *count: the number of refusals since the
 * previous 1.
 */
int pyw_slots_count_refusal(pyw_slots *slots, uint32_t *count);

#endif
