/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_PROGRAM_H
#define PYW_WORKER_PROGRAM_H

/*
 * The program of a service group (threads=0). It runs on the main thread, where Python handles signals, so that it can
 * be stopped while it waits. A second thread handles the manager's commands.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "wsgi/engine.h"

typedef struct pyw_program {
    const pyw_engine *engine;
    pyw_application *const *scripts; /* executed in this order */
    int count;
    atomic_int is_over; /* stored after `result` */
    pyw_result result;  /* PYW_OK: it was stopped; PYW_EOF: it ended by itself; PYW_FAILED: it raised an exception */
} pyw_program;

/*
 * Runs the program on the main thread and run_commands() on another thread. Calls `wake` when the program has ended.
 * Returns the result of run_commands(), which must return only then; -1: the thread cannot be started, which was
 * logged.
 */
int pyw_program_main(pyw_program *program, int (*run_commands)(void *baton), void *baton, void (*wake)(void));

#endif
