/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BATCH_H
#define PYW_BATCH_H

/*
 * Threads that do not interrupt each other. Normally a thread that is woken takes the core from the one that runs on
 * it, and with more requests than cores httpd's threads and a worker's do that to each other all the time. Under
 * SCHED_BATCH (sched(7)) a thread that is woken waits until the other sleeps or its slice is over; its share of the
 * time is the same. A request that is alone, on a machine that is busy with something else, would only be late by that:
 * so it is for crowds.
 */

#include <stdint.h>
#include <sys/types.h>

enum { PYW_BATCH_CALM_MS = 1000 }; /* how long no crowd was seen before threads are normal again */

/* Of a process, or of a thread. */
typedef struct pyw_batch {
    int is_barred;      /* a policy was chosen by somebody, or cannot be changed; atomic */
    int is_on;          /* atomic; the caller's to change */
    int64_t crowded_at; /* pyw_clock_ms(), when a crowd was last seen; atomic */
} pyw_batch;

/* By the policy of the calling thread. */
void pyw_batch_init(pyw_batch *batch);

/* Notes whether there is a crowd, and returns whether it should be on. `now`: pyw_clock_ms(). */
int pyw_batch_note(pyw_batch *batch, int is_crowd, int64_t now);

/* Switches a thread, 0: the calling one, if it is the other way. 0, or errno. */
int pyw_batch_switch_thread(pid_t thread, int is_on);

/* Switches all threads of the process that are the other way; those to come inherit it from theirs. 0, or errno. */
int pyw_batch_switch_process(int is_on);

#endif
