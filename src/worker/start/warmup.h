/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_WARMUP_H
#define PYW_WORKER_START_WARMUP_H

/*
 * warmup=: a request that a new worker sends to itself before it is ready. The application does the work of its first
 * request early, and code that loads but cannot answer is detected while the old workers still serve.
 */

#include "config/options/settings.h"
#include "wsgi/engine.h"

/*
 * Requests `url`, a path with an optional query, from a loaded application. Call this on the thread that loaded it,
 * while no other thread serves. Returns 1; or 0, and logs the status, if it was 500 or more or the response was
 * incomplete.
 */
int pyw_warmup(const pyw_engine *engine, pyw_application *application, const char *url, const pyw_settings *settings);

#endif
