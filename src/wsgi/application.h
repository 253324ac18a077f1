/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_APPLICATION_H
#define PYW_WSGI_APPLICATION_H

/*
 * The applications of the process: where each comes from, in which interpreter it lives, and whether it is loaded. Any
 * thread, without the GIL, unless a function says otherwise. Applications are never freed.
 */

#include "python/python.h"

#include "python/process/interpreter.h"
#include "wsgi/engine.h"

/* Scripts that change are executed again in this process; otherwise the host replaces it. Before threads exist. */
void pyw_application_reload_in_place(int on);

/*
 * On: those of the main interpreter are loaded but not made ready, the others are left alone, and all count as ready.
 * Off again, in a process that was forked: they are made ready when they are next asked for. Before threads exist.
 */
void pyw_application_preload(int on);

/* The application of the spec, registered if it is new. NULL: no memory. */
pyw_application *pyw_application_find(const pyw_application_spec *spec);

/*
 * Loads the application if it is not loaded, or, in place, if its script has changed. One thread loads it, the others
 * that want it wait; after a failure there is a time in which nobody tries. 0: it is loaded; 404: there is no such
 * script; 500: it does not load. *problem (for 404 and 500) says so in a sentence; why is in the process's log.
 */
int pyw_application_ready(pyw_application *application, pyw_problem *problem);

/* Why it did not load, as load_problem() of the engine. */
void pyw_application_problem(pyw_application *application, char *text, size_t size);

/*
 * Executes the script of one without a callable, as it is now, and whatever was made of it before: from its beginning
 * on it counts as loaded. GIL held, in the main interpreter. -1 with an exception set.
 */
int pyw_application_execute(pyw_application *application);

/* Has the script of a loaded application changed since? */
int pyw_application_changed(pyw_application *application);

pyw_interpreter *pyw_application_interpreter(const pyw_application *application);

/* The path of its script, or the name of its module; valid for ever. */
const char *pyw_application_target(const pyw_application *application);

/* GIL held, in its interpreter, loaded. Returns: new reference. */
PyObject *pyw_application_callable(const pyw_application *application);

#endif
