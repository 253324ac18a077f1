/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_SLOTS_H
#define PYW_HTTPD_QUEUE_SLOTS_H

/*
 * Who may send a request to which worker of a group, and who waits: one table a group, in memory that all processes of
 * httpd share and only they can write. A worker that the worker list lists has as many slots as threads. A request
 * takes a ticket; with a slot it runs, without one it waits, first come first served, those of high priority ahead. It
 * also waits while the group has no worker, unless the worker list says that there will not be one soon.
 *
 * Any thread of any httpd process. The lock is robust: a process that dies inside leaves a table that the next one puts
 * right. One that is stopped inside (a debugger, SIGSTOP) blocks the table until it goes on or is killed: nobody waits
 * for it for longer than PYW_SLOTS_PATIENCE_MS. Then requests are not admitted (PYW_SLOT_BLOCKED), and the end of those
 * that run is noted for the next who gets the lock. All processes are of one user (kill(2) tells who lives). Knows no
 * httpd.h.
 */

#include <stdint.h>

#include "httpd/queue/slots_memory.h"

/* What a request brings along; the limits are its configuration's, so that those of two generations may differ. */
typedef struct pyw_slot_parameters {
    int32_t owner;        /* the process that asks; 0: it is found out, by a system call */
    int is_high;          /* ahead of the others, and may use what is reserved */
    int is_repeated;      /* it was sent to a worker that has not begun it: before all others of its priority */
    int location;         /* 0: none */
    int location_limit;   /* how many of the location may run */
    int reserve;          /* slots of the group that only is_high may fill */
    int queue_limit;      /* how many may wait */
    int queue_timeout_ms; /* and for how long; 0: without end */
    int patience_ms;      /* how long it may take until PYW_SLOT_BLOCKED; PYW_SLOTS_PATIENCE_MS at most; 0: so long */
} pyw_slot_parameters;

typedef enum {
    PYW_SLOT_GRANTED = 0, /* the ticket names the worker */
    PYW_SLOT_WAITS,       /* pyw_slots_wait() */
    PYW_SLOT_FULL,        /* no ticket: queue_limit requests wait already */
    PYW_SLOT_TOO_LATE,    /* no ticket: its turn would come after queue_timeout_ms */
    PYW_SLOT_DOWN,        /* no ticket: the group has no worker, and will not have one soon */
    PYW_SLOT_BLOCKED      /* another process has the lock and does not go on: pyw_slots_tell_blocked() */
} pyw_slot_outcome;

typedef struct pyw_slot {
    uint32_t ticket;
    uint64_t worker;  /* its serial, once granted */
    uint32_t pid;     /* of the worker, once granted */
    int32_t requests; /* how many run or wait, this one too, when it came */
} pyw_slot;

/* In a new child: what a process that died with the same id has left behind is not its own. */
void pyw_slots_adopt(pyw_slots *slots);

/* A request comes. */
pyw_slot_outcome pyw_slots_enter(pyw_slots *slots, const pyw_slot_parameters *parameters, pyw_slot *slot);

/*
 * Waits for up to `timeout_ms`: PYW_SLOT_GRANTED, or PYW_SLOT_WAITS. The others keep the ticket, too. PYW_SLOT_DOWN:
 * the last worker is gone. PYW_SLOT_BLOCKED: nobody will grant it for now.
 */
pyw_slot_outcome pyw_slots_wait(pyw_slots *slots, pyw_slot *slot, int timeout_ms);

/* The request is over, or waits no longer. `worked` 0: how long it took says nothing about the application. */
void pyw_slots_leave(pyw_slots *slots, const pyw_slot *slot, int worked);

/*
 * The worker cannot be reached (`is_gone`): nothing is sent there until the worker list changes. Or it said that it
 * cannot take a request: nothing for a second, or until the worker list changes.
 */
void pyw_slots_avoid(pyw_slots *slots, uint64_t worker, int is_gone);

/* Is the group asleep? Then a request that waits has to wake the manager. Takes no lock. */
int pyw_slots_are_asleep(const pyw_slots *slots);

/* How long a request that came now would wait, in ms, as far as one can tell; of a group that is down: until when. */
int64_t pyw_slots_expected_wait(pyw_slots *slots);

typedef struct pyw_slots_figures {
    uint32_t workers;
    uint32_t slots;
    uint32_t running;
    uint32_t waiting;
} pyw_slots_figures;

void pyw_slots_look(pyw_slots *slots, pyw_slots_figures *figures);

/*
 * After PYW_SLOT_BLOCKED. 1: nobody, in whatever process, was told within the last second: *holder is the process that
 * has the lock (0: not known), *since_ms how long nobody could have it. Takes no lock.
 */
int pyw_slots_tell_blocked(pyw_slots *slots, int32_t *holder, int64_t *since_ms);

/* Counts a request that was refused. 1: it is the first of this second; *count: how many were since the last such. */
int pyw_slots_count_refusal(pyw_slots *slots, uint32_t *count);

#endif
