/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BUFFER_H
#define PYW_BUFFER_H

/*
 * A growing byte buffer on malloc. One thread at a time. All zero is a valid empty buffer. An append that cannot get
 * memory sets `failed` and drops everything from then on, so that a sequence of appends needs one check at its end.
 */

#include <stddef.h>
#include <stdint.h>

typedef struct pyw_buffer {
    char *data;
    size_t length;
    size_t capacity;
    int failed;
    int is_secret; /* memory that is given up is overwritten first; set it while the buffer is empty */
} pyw_buffer;

void pyw_buffer_free(pyw_buffer *buffer);

/* Empties the buffer and keeps its memory, unless that is more than `keep` bytes. */
void pyw_buffer_reset(pyw_buffer *buffer, size_t keep);

/* Makes room for `more` bytes behind `length` and returns their address; NULL (and `failed`) without memory. */
char *pyw_buffer_reserve(pyw_buffer *buffer, size_t more);

void pyw_buffer_append(pyw_buffer *buffer, const void *data, size_t length);

/* Little-endian, as everything on the wire is. */
void pyw_buffer_append_u16(pyw_buffer *buffer, uint16_t value);
void pyw_buffer_append_u32(pyw_buffer *buffer, uint32_t value);
void pyw_buffer_append_u64(pyw_buffer *buffer, uint64_t value);

/* Drops the first `length` bytes. */
void pyw_buffer_consume(pyw_buffer *buffer, size_t length);

#endif
