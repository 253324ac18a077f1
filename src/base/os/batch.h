/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_BATCH_H
#define PYW_BASE_OS_BATCH_H

/*
 * Batch scheduling. By default a woken thread preempts the thread that runs on its core. With more requests than cores,
 * the threads of httpd and of a worker keep preempting each other. Under SCHED_BATCH (sched(7)) the woken thread waits
 * until the other thread sleeps or its time slice is over; its share of the CPU time is the same. On a machine that is
 * busy with other work SCHED_BATCH would delay a single request, so it is used at high concurrency only
 * (pyw_batch_trial).
 */

#include <stdatomic.h>
#include <sys/types.h>

/* The state of a process, or of a thread. */
typedef struct pyw_batch {
    int is_barred;    /* the policy was set from outside, or cannot be changed */
    atomic_int is_on; /* the caller may change it */
} pyw_batch;

/* Sets `batch` up, from the policy of the calling thread. */
void pyw_batch_init(pyw_batch *batch);

/* Switches a thread (0: the calling thread) if it has the other policy. 0, or errno. */
int pyw_batch_switch_thread(pid_t thread, int is_on);

/* Switches all threads of the process that have the other policy. New threads inherit it. 0, or errno. */
int pyw_batch_switch_process(int is_on);

#endif
