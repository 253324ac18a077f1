/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_APPLICATION_H
#define PYW_WSGI_APPLICATION_H

/*
 * The applications of the process: the source of each, its interpreter, and its load state. Any thread, without the
 * GIL, unless a function states otherwise. Applications are never freed.
 */

#include "python/python.h"

#include "python/process/interpreter.h"
#include "wsgi/engine.h"

/*
 * On: scripts that change are executed again in this process. Off: the host replaces the process. Before threads exist.
 */
void pyw_application_reload_in_place(int on);

/*
 * On: applications of the main interpreter are loaded, but the functions of pywsgi.after_fork wait; other applications
 * are not loaded, and all count as ready. Off, in the forked process: the next pyw_application_ready completes the
 * load. Before threads exist.
 */
void pyw_application_preload(int on);

/* Returns the application of the spec, and registers a new one. NULL: out of memory. */
pyw_application *pyw_application_find(const pyw_application_spec *spec);

/*
 * Loads the application if it is not loaded, or, in place, if its script has changed. One thread loads it, and the
 * others wait. After a failure no thread retries for some time. 0: it is loaded; 404: the script does not exist; 500:
 * the load failed. For 404 and 500, *problem describes the result; the process's log has the reason.
 */
int pyw_application_ready(pyw_application *application, pyw_problem *problem);

/* Writes the reason why the application is not loaded, like load_problem() of the engine. */
void pyw_application_problem(pyw_application *application, char *text, size_t size);

/*
 * Executes the script of an application without a callable in its current version, even if it was executed before. It
 * counts as loaded as soon as it begins. The caller holds the GIL, in the main interpreter. -1 with an exception set.
 */
int pyw_application_execute(pyw_application *application);

/* Whether the script has changed since the application was loaded. */
int pyw_application_changed(pyw_application *application);

/* Never freed. */
const pyw_application_spec *pyw_application_spec_of(const pyw_application *application);

pyw_interpreter *pyw_application_interpreter(const pyw_application *application);

/* The path of the application's script, or the name of its module. Never freed. */
const char *pyw_application_target(const pyw_application *application);

/* Returns: new reference. The caller holds the GIL, in the application's interpreter; the application is loaded. */
PyObject *pyw_application_callable(const pyw_application *application);

#endif
