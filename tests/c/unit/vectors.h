/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_VECTORS_H
#define PYW_VECTORS_H

/*
 * The examples of docs/internals/WIRE.md: blocks that open with "```hex NAME" and hold hex bytes, "text" and ;
 * comments. Names that start with "bad-" are examples that must be refused. The page is read at the first use; an error
 * in it ends the program with a message.
 */

#include <stddef.h>

typedef struct pyw_vector {
    char name[48];
    unsigned char bytes[256];
    size_t length;
} pyw_vector;

const pyw_vector *pyw_vectors_all(size_t *count);

/* Ends the program if there is no example of that name. */
const pyw_vector *pyw_vectors_find(const char *name);

int pyw_vectors_is_bad(const pyw_vector *vector);

/* The page, opened for reading. */
#define PYW_VECTORS_PAGE PYW_TOP "/docs/internals/WIRE.md"

#endif
