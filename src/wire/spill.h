/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_SPILL_H
#define PYW_WIRE_SPILL_H

/*
 * A queue of bytes that keeps the first bytes in memory and the rest in a temporary file. pyw_channel uses it for bytes
 * that read_ahead() has received. One thread at a time. All zero is a valid empty spill without room.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"

typedef struct pyw_spill {
    size_t memory_limit;   /* bytes */
    uint64_t file_limit;   /* bytes */
    const char *directory; /* of the file; must outlive the spill */

    pyw_buffer memory; /* the oldest bytes ... */
    size_t memory_used;
    int has_file;
    int fd;
    off_t file_start; /* ... then [start, end) of the file ... */
    off_t file_end;
    pyw_buffer rest; /* ... then bytes that could not be written to the file */
    size_t rest_used;
    int error; /* errno of the file, after which there is no room; 0: no error */
} pyw_spill;

/* The maximum number of bytes for the next put(). */
uint64_t pyw_spill_room(const pyw_spill *spill);

/* Raises the limits by `by` bytes. */
void pyw_spill_extend(pyw_spill *spill, size_t by);

/* Stores all bytes, even if the file fails; after that there is no more room. 0: out of memory, the bytes are lost. */
int pyw_spill_put(pyw_spill *spill, const void *data, size_t length);

/* Moves up to `size` of the oldest bytes to `to`. -1: the file cannot be read, errno. */
ssize_t pyw_spill_take(pyw_spill *spill, void *to, size_t size);

int pyw_spill_is_empty(const pyw_spill *spill);

/* Drops all bytes, closes the file and frees the memory; the limits stay. */
void pyw_spill_clear(pyw_spill *spill);

#endif
