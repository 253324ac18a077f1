/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_SCRIPTS_H
#define PYW_WORKER_WATCH_SCRIPTS_H

/* The applications of a worker, for the question whether a script changed. Any thread; nothing is ever taken off. */

#include <stdint.h>

#include "wsgi/engine.h"

typedef struct pyw_script_watch pyw_script_watch;

/* NULL: no memory. */
pyw_script_watch *pyw_script_watch_create(void);

/* Adds what is not on it yet. Without memory the application is not watched. The spec is copied. */
void pyw_script_watch_add(pyw_script_watch *list, pyw_application *application, const pyw_application_spec *spec);

/* Has the script of one of them changed since it was loaded? One stat(2) each. */
int pyw_script_watch_changed(pyw_script_watch *list, const pyw_engine *engine);

/* A number that stands for the state of all scripts on disk that may be reloaded: another state, another number. */
uint64_t pyw_script_watch_digest(pyw_script_watch *list);

#endif
