/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_ENGINE_H
#define PYW_WORKER_START_ENGINE_H

/* The engine of a worker: opened after privileges were dropped, started and stopped on the main thread. */

#include "config/options/worker_options.h"
#include "worker/start/inherit.h"
#include "wsgi/engine.h"

/*
 * dlopen, check, start. `overdue`: see pyw_engine_host. NULL with *problem. The host lives in `pool`, to the end of the
 * process.
 */
const pyw_engine *pyw_open_engine(const pyw_inheritance *inheritance, int is_template, void (*overdue)(void *),
                                  apr_pool_t *pool, pyw_problem *problem);

/* How many applications and scripts the group's options list. */
int pyw_open_engine_count(const pyw_worker_options *options);

/* The specs of these, in the order in which they are to be loaded. `specs` has room for them. */
void pyw_open_engine_specs(const pyw_worker_options *options, pyw_application_spec *specs);

#endif
