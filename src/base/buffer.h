/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_BUFFER_H
#define PYW_BASE_BUFFER_H

/*
 * A growing byte buffer on malloc. Used by one thread at a time. All zero is a valid empty buffer. If an append cannot
 * get memory it sets `failed`, and later appends are dropped, so a sequence of appends needs only one check at its end.
 */

#include <stddef.h>
#include <stdint.h>

typedef struct pyw_buffer {
    char *data;
    size_t length;
    size_t capacity;
    int failed;
    int is_secret; /* overwrite memory before it is freed; set it while the buffer is empty */
} pyw_buffer;

void pyw_buffer_free(pyw_buffer *buffer);

/* Empties the buffer and keeps its memory, unless that is more than `keep` bytes. */
void pyw_buffer_reset(pyw_buffer *buffer, size_t keep);

/* Reserves `more` bytes after `length` and returns their address; NULL (and `failed`) without memory. */
char *pyw_buffer_reserve(pyw_buffer *buffer, size_t more);

void pyw_buffer_append(pyw_buffer *buffer, const void *data, size_t length);

/* Little-endian, as all integers on the wire. */
void pyw_buffer_append_u16(pyw_buffer *buffer, uint16_t value);
void pyw_buffer_append_u32(pyw_buffer *buffer, uint32_t value);
void pyw_buffer_append_u64(pyw_buffer *buffer, uint64_t value);

/* Drops the first `length` bytes. */
void pyw_buffer_consume(pyw_buffer *buffer, size_t length);

#endif
