/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_ENGINE_H
#define PYW_WORKER_START_ENGINE_H

/* Opens the engine of a worker after privileges were dropped. The engine is started and stopped on the main thread. */

#include "config/options/worker_options.h"
#include "worker/start/inherit.h"
#include "wsgi/engine.h"

/*
 * Opens, checks and starts the engine. `overdue`: see pyw_engine_host. NULL with *problem. The host is allocated in
 * `pool`, which must live as long as the process.
 */
const pyw_engine *pyw_open_engine(const pyw_inheritance *inheritance, int is_template, void (*overdue)(void *),
                                  apr_pool_t *pool, pyw_problem *problem);

/*
 * Maps the file of the engine into the process, which cannot find it later if it changes its root directory. Executes
 * no Python. pyw_open_engine reports a failure.
 */
void pyw_open_engine_early(const pyw_worker_options *options);

/* The number of applications and scripts in the group's options. */
int pyw_open_engine_count(const pyw_worker_options *options);

/* Fills in their specs, in the order of loading. `specs` must have room for them. */
void pyw_open_engine_specs(const pyw_worker_options *options, pyw_application_spec *specs);

#endif
