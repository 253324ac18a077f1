/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_SCRIPTS_H
#define PYW_WORKER_WATCH_SCRIPTS_H

/* The applications of a worker whose scripts are watched for changes. Any thread; entries are never removed. */

#include <stdint.h>

#include "wsgi/engine.h"

typedef struct pyw_script_watch pyw_script_watch;

/* NULL: out of memory. */
pyw_script_watch *pyw_script_watch_create(void);

/* Adds the application unless it is listed. If memory is exhausted, it is not watched. The spec is copied. */
void pyw_script_watch_add(pyw_script_watch *list, pyw_application *application, const pyw_application_spec *spec);

/* Has a script changed since it was loaded? One stat(2) for each script. */
int pyw_script_watch_changed(pyw_script_watch *list, const pyw_engine *engine);

/* A digest of the state of all reloadable scripts on disk. */
uint64_t pyw_script_watch_digest(pyw_script_watch *list);

/* Visits all scripts, with the list's lock: `visit` must not wait. */
void pyw_script_watch_each(pyw_script_watch *list, void (*visit)(void *baton, const char *script), void *baton);

#endif
