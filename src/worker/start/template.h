/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_TEMPLATE_H
#define PYW_WORKER_START_TEMPLATE_H

/*
 * A template is started like a worker, loads the applications, and then forks workers on the manager's command. The
 * manager supplies all descriptors of the workers. On the main thread, which is the only thread when it forks.
 */

#include <sys/types.h>

#include "wire/channel.h"
#include "wsgi/engine.h"

typedef struct pyw_worker_template pyw_worker_template;

/* NULL: out of memory. */
pyw_worker_template *pyw_worker_template_create(void);

/* Handles a HAND frame: `fd` (owned; -1 for none) becomes descriptor `number` of the next worker. */
void pyw_worker_template_take(pyw_worker_template *forking, unsigned number, int fd);

/*
 * Handles a FORK frame. 0: this is the new process, a child of the manager; -1 with errno: the fork failed. Except in
 * the new process, the received descriptors are closed.
 */
pid_t pyw_worker_template_fork(pyw_worker_template *forking, const pyw_engine *engine);

/*
 * In the new process: moves the descriptors to their numbers and sends FORKED. `manager` is the template's channel
 * before the call, and the worker's own channel after it. PYW_OK: FORKED was sent.
 */
pyw_result pyw_worker_template_become_worker(pyw_worker_template *forking, pyw_channel *manager);

#endif
