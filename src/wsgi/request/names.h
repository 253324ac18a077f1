/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_NAMES_H
#define PYW_WSGI_REQUEST_NAMES_H

/*
 * The names of environ entries as str objects, each with the value it had last: names are few, and most values are
 * those of the request before. One per interpreter; GIL held everywhere.
 */

#include "python/python.h"

#include "base/pair.h"

typedef struct pyw_names pyw_names;

/* NULL with an exception set. */
pyw_names *pyw_names_create(void);
void pyw_names_destroy(pyw_names *names);

/* Sets environ[name] = value. -1 with an exception set. */
int pyw_names_set(pyw_names *names, PyObject *environ, const pyw_pair *pair);

#endif
