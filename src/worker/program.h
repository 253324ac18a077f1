/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_PROGRAM_H
#define PYW_WORKER_PROGRAM_H

/*
 * The program of a service group (threads=0): it has the main thread, where Python handles signals, so that it can be
 * told to stop while it waits for something; another thread takes the manager's orders meanwhile.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "wsgi/engine.h"

typedef struct pyw_program {
    const pyw_engine *engine;
    pyw_application *const *scripts; /* executed one after the other */
    int count;
    atomic_int is_over; /* stored last: who sees it sees the result, too */
    pyw_result result;  /* PYW_OK: it was told to stop; PYW_EOF: it came to its end; PYW_FAILED: it raised */
} pyw_program;

/*
 * On the main thread: runs the program while `steer` runs on a thread of its own, and calls `wake` when the program is
 * over. Returns what steer returned, which it does only then; -1: the thread cannot be started, which was logged.
 */
int pyw_program_main(pyw_program *program, int (*steer)(void *baton), void *baton, void (*wake)(void));

#endif
