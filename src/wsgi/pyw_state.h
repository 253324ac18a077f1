/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_STATE_H
#define PYW_STATE_H

/*
 * What the requests of one interpreter share: types, the prototype of environ, caches, and kits, the sets of objects
 * that a request gives to its application. GIL held everywhere.
 */

#include "python/pyw_python.h"

#include "wsgi/pyw_adapter.h"
#include "wsgi/pyw_handle.h"
#include "wsgi/pyw_names.h"

/* A kit is used again if the application kept none of it; so there are as many as requests at one time. */
typedef struct pyw_kit {
    PyObject *handles[PYW_HANDLE_KINDS];
    PyObject *input;
} pyw_kit;

#define PYW_KITS_MAX 64

struct pyw_adapter_state {
    PyTypeObject *handle_types[PYW_HANDLE_KINDS];
    PyTypeObject *input_type;
    PyTypeObject *file_wrapper_type;
    PyObject *prototype; /* dict: the constants of environ */
    PyObject *key_input;
    PyObject *key_client_gone;
    PyObject *name_close;
    pyw_names *names;
    pyw_kit kits[PYW_KITS_MAX];
    int kit_count;
};

#endif
