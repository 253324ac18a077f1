/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_SPILL_H
#define PYW_WIRE_SPILL_H

/*
 * Bytes in the order they came, the first ones in memory, and those that do not fit there in a temporary file. Part of
 * pyw_channel: what was read ahead of the reader. One thread at a time. All zero is a valid empty spill without room.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"

typedef struct pyw_spill {
    size_t memory_limit;   /* bytes */
    uint64_t file_limit;   /* bytes */
    const char *directory; /* of the file; outlives the spill */

    pyw_buffer memory; /* the oldest bytes ... */
    size_t memory_used;
    int has_file;
    int fd;
    off_t file_start; /* ... behind them those in [start, end) of the file ... */
    off_t file_end;
    pyw_buffer rest; /* ... and behind these what could not be written */
    size_t rest_used;
    int error; /* errno of the file: there is no room any more; 0: fine */
} pyw_spill;

/* How many bytes the next put() may bring. */
uint64_t pyw_spill_room(const pyw_spill *spill);

/* So much more room than the limits give from the start. */
void pyw_spill_extend(pyw_spill *spill, size_t by);

/* Takes all of them, even if the file fails: then there is no more room. 0: no memory, the bytes are lost. */
int pyw_spill_put(pyw_spill *spill, const void *data, size_t length);

/* Moves up to `size` of the oldest bytes to `to`. -1: the file cannot be read, errno. */
ssize_t pyw_spill_take(pyw_spill *spill, void *to, size_t size);

int pyw_spill_is_empty(const pyw_spill *spill);

/* Forgets all bytes, closes the file and gives the memory back; the limits stay. */
void pyw_spill_clear(pyw_spill *spill);

#endif
