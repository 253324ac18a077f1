/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_WARMUP_H
#define PYW_WORKER_START_WARMUP_H

/*
 * warmup=: a request that a new worker answers by itself, before it is ready: what an application does with its first
 * request is done, and code that loads but cannot answer is found out while the old workers still serve.
 */

#include "config/options/settings.h"
#include "wsgi/engine.h"

/*
 * Asks a loaded application for `url`, a path with or without a query. The thread that loaded it, while no other one
 * serves. Returns 1, or 0 after a record that has the status: it was 500 or more, or the response did not come to its
 * end.
 */
int pyw_warmup(const pyw_engine *engine, pyw_application *application, const char *url, const pyw_settings *settings);

#endif
