/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_TEMPLATE_H
#define PYW_WORKER_START_TEMPLATE_H

/*
 * What a template has beyond a worker: it forks. A template is started like a worker, loads the applications, and then
 * makes workers on the manager's order, which get all of their descriptors from the manager. Main thread; when it
 * forks, the only one.
 */

#include <sys/types.h>

#include "wire/channel.h"
#include "wsgi/engine.h"

typedef struct pyw_worker_template pyw_worker_template;

/* NULL: no memory. */
pyw_worker_template *pyw_worker_template_create(void);

/* A HAND frame: `fd` (owned; -1 for none) is for descriptor `number` of the next worker. */
void pyw_worker_template_take(pyw_worker_template *forking, unsigned number, int fd);

/*
 * A FORK frame. 0: this is the new process, a child of the manager; -1 with errno: there is none. In both cases but the
 * first what was handed is closed.
 */
pid_t pyw_worker_template_fork(pyw_worker_template *forking, const pyw_engine *engine);

/*
 * In the new process: puts the descriptors in their places, `manager` being the channel of the template before and the
 * worker's own after it, and says FORKED.
 */
void pyw_worker_template_become_worker(pyw_worker_template *forking, pyw_channel *manager);

#endif
