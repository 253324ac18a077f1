/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_PROFILE_WORKER_OUTPUT_H
#define PYW_COMMAND_PROFILE_WORKER_OUTPUT_H

/*
 * The profile that a worker writes to its pipe: lines of folded text, and a last line "#end TICKS", or "#error TEXT". A
 * worker is not trusted: the text is escaped for a terminal, and its size is limited.
 */

#include "base/buffer.h"
#include "base/folded_stacks.h"

typedef struct pyw_worker_output {
    int fd; /* -1: the profile has ended */
    const char *pid;
    pyw_folded_stacks *stacks; /* the sum of all workers, to which the stacks are added */
    pyw_buffer line;           /* received without its newline yet */
    size_t received;           /* bytes */
    uint64_t ticks;
    int is_complete;
    char problem[200]; /* why it is not complete; "": not known */
} pyw_worker_output;

/* Takes received bytes. Returns 0 after the last line, or if the output is invalid. */
int pyw_worker_output_take(pyw_worker_output *output, const char *bytes, size_t length);

/* Reads the pipes of all workers until they have ended, or until the deadline (as pyw_clock_ms()), and closes them. */
void pyw_worker_output_read(pyw_worker_output *outputs, int count, int64_t deadline);

#endif
