/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_KEYS_H
#define PYW_WSGI_REQUEST_KEYS_H

/*
 * The keys mod_wsgi.* of environ that the engine computes for each request. They have the types of mod_wsgi 4.9, which
 * monitoring agents expect: times are texts of microseconds since 1970; application_start, of mod_wsgi 6, is a float of
 * seconds. Each interpreter has a pyw_keys. The caller holds the GIL.
 */

#include "python/python.h"

#include <stdint.h>

#include "wsgi/request/request.h"

typedef enum {
    PYW_KEY_REQUEST_ID = 0,
    PYW_KEY_REQUEST_START,
    PYW_KEY_DAEMON_START,
    PYW_KEY_SCRIPT_START,
    PYW_KEY_APPLICATION_START,
    PYW_KEY_SCRIPT_RELOADING,
    PYW_KEY_CALLABLE_OBJECT,
    PYW_KEY_THREAD_ID,
    PYW_KEY_THREAD_REQUESTS,
    PYW_KEY_TOTAL_REQUESTS,
    PYW_KEYS
} pyw_key;

enum { PYW_KEYS_SECOND_DIGITS = 10 };

typedef struct pyw_keys {
    PyObject *names[PYW_KEYS];
    PyObject *switches[2];                  /* "0", "1" */
    PyObject *callable;                     /* the last value of callable_object but the default */
    int64_t second;                         /* of the last time text, since 1970 ... */
    Py_UCS1 digits[PYW_KEYS_SECOND_DIGITS]; /* ... and its digits: most texts of a request and of the next share them */
} pyw_keys;

/* -1 with an exception set; the caller must still call pyw_keys_clear. */
int pyw_keys_init(pyw_keys *keys);
void pyw_keys_clear(pyw_keys *keys);

/* Sets the keys to their most frequent value, or to a placeholder. `is_daemon`: including the keys that only workers
 * set. -1 with an exception set. */
int pyw_keys_reserve(const pyw_keys *keys, PyObject *prototype, int is_daemon);

/* Sets the keys of a request in a copy of the prototype. -1 with an exception set. */
int pyw_keys_set(pyw_keys *keys, PyObject *environ, const pyw_request *request);

#endif
