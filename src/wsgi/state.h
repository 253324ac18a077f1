/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_STATE_H
#define PYW_WSGI_STATE_H

/*
 * Shared data of the requests of an interpreter: types, the prototype of environ, caches, and kits. A kit is the set of
 * objects that a request lends to its application. The caller holds the GIL.
 */

#include "python/python.h"

#include "wsgi/request/handle.h"
#include "wsgi/request/keys.h"
#include "wsgi/request/names.h"
#include "wsgi/request/running.h"

/* A kit is reused if the application kept none of its objects, so there are as many kits as concurrent requests. */
typedef struct pyw_kit {
    PyObject *handles[PYW_HANDLE_KINDS];
    PyObject *input;
} pyw_kit;

#define PYW_KITS_MAX 64

typedef struct pyw_adapter_state {
    PyTypeObject *handle_types[PYW_HANDLE_KINDS];
    PyTypeObject *input_type;
    PyTypeObject *file_wrapper_type;
    int is_daemon;
    PyObject *prototype; /* dict: the constants of environ, and keys that every request sets */
    PyObject *key_input;
    PyObject *key_client_gone;
    PyObject *key_early_hints;
    PyObject *key_deadline;
    PyObject *request_timeout; /* the exceptions of the module `pywsgi` */
    PyObject *client_gone;
    PyObject *name_close;
    pyw_names *names;
    pyw_kit kits[PYW_KITS_MAX];
    int kit_count;
    pyw_running running;
    pyw_keys keys;
} pyw_adapter_state;

/* The constants of an interpreter's environ. Strings are copied; objects get a new reference. */
typedef struct pyw_adapter_settings {
    const char *process_group;
    const char *application_group;
    int is_daemon;
    int multithread;
    int multiprocess;
    PyObject *errors;          /* wsgi.errors of every request */
    PyObject *version;         /* pywsgi.version */
    PyObject *apache_version;  /* apache.version: a tuple */
    PyObject *request_timeout; /* pywsgi.RequestTimeout */
    PyObject *client_gone;     /* pywsgi.ClientGone */
    PyObject *subscribers;     /* list: pywsgi._events.event_callbacks */
} pyw_adapter_settings;

/* In the interpreter, with the GIL. NULL with an exception set. */
pyw_adapter_state *pyw_adapter_state_create(const pyw_adapter_settings *settings);

/*
 * In the same interpreter, with the GIL, before the interpreter ends. No request may be inside pyw_adapter_run. NULL is
 * allowed.
 */
void pyw_adapter_state_destroy(pyw_adapter_state *state);

/* Lends the objects of a free or new kit to the request. -1 with an exception set. */
int pyw_kit_take(pyw_adapter_state *state, pyw_kit *kit, pyw_request *request);

/* Detaches the objects of the kit from their request, even if the application has kept some. */
void pyw_kit_withdraw(pyw_kit *kit);

/* Stores a withdrawn kit for another request, or releases it. */
void pyw_kit_return(pyw_adapter_state *state, pyw_kit *kit);

/* Returns: new reference to the environ of a request; NULL with an exception set. */
PyObject *pyw_state_environ(pyw_adapter_state *state, const pyw_kit *kit, const pyw_request *request);

#endif
