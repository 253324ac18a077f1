/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ENGINE_HOST_H
#define PYW_ENGINE_HOST_H

/*
 * The process in which the engine's tests run: it loads an engine and starts it, once. Its log is stored in memory; any
 * thread may log.
 */

#include "engine_exchange.h"
#include "wsgi/engine.h"

/* Opens the engine and starts Python; exits with a message if that fails. `tests` is the directory of the scripts. */
void host_start(const char *engine_file, const char *tests, int is_daemon, int is_template);

extern const pyw_engine *host_engine;

/* How often the engine reported a request that does not end (after 300 ms). */
extern volatile int host_overdue;

/* The scripts of tests/c/engine in the main interpreter, by file name; or in another application group. */
pyw_application *host_script(const char *name, const char *group);
pyw_application *host_script_path(const char *path, const char *group, int group_is_default, int reloading);
pyw_application *host_module(const char *target, const char *callable);

/* Runs a GET of `path`; afterwards the exchange contains the output. */
void host_get(memory_exchange *exchange, pyw_application *application, const char *path);
void host_run(pyw_application *application, memory_exchange *exchange);
/* Does a GET of `path` succeed with this content? */
int host_is_answered(pyw_application *application, const char *path, const char *content);

/* A copy of the records so far, as "<level> text\n"; valid until the next call. host_log_clear forgets them. */
const char *host_log(void);
/* Do the records contain `words` within 5 s? */
int host_log_wait(const char *words);
void host_log_clear(void);

#endif
