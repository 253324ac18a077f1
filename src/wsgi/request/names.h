/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_NAMES_H
#define PYW_WSGI_REQUEST_NAMES_H

/*
 * Caches the names of environ entries as str objects, each with its last value. Names are few, and most values repeat.
 * Each interpreter has one cache. The caller holds the GIL.
 */

#include "python/python.h"

#include "base/pair.h"

typedef struct pyw_names pyw_names;

/* NULL with an exception set. */
pyw_names *pyw_names_create(void);
void pyw_names_destroy(pyw_names *names);

/* Sets environ[name] = value. -1 with an exception set. */
int pyw_names_set(pyw_names *names, PyObject *environ, const pyw_pair *pair);

/* Like pyw_names_set, for a value that must not stay in memory: a password. */
int pyw_names_set_uncached(PyObject *environ, const pyw_pair *pair);

#endif
