/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_FOLDED_STACKS_H
#define PYW_BASE_FOLDED_STACKS_H

/*
 * Call stacks and the number of times that a profile has seen each, as the folded text that flame graph tools read: a
 * line for each stack, with the outermost call first: "main (app.py:3);view (app.py:9) 12". A worker collects and
 * writes them, `pywsgi profile` reads and merges them. A set is used by one thread at a time, or under the caller's
 * lock.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
    PYW_FOLDED_FRAMES_MAX = 200,           /* calls of a stack; the outer ones are omitted */
    PYW_FOLDED_STACK_MAX = 60 * 1024,      /* bytes of a stack */
    PYW_FOLDED_BYTES_MAX = 4 * 1024 * 1024 /* all stacks of a worker */
};

/* The innermost "call" of a stack while another thread held the GIL, so that the stack could not be read in time. */
#define PYW_FOLDED_GIL_HELD "[GIL held]"

typedef struct pyw_folded_stack {
    struct pyw_folded_stack *next; /* internal */
    uint64_t count;
    size_t length;
    char text[]; /* without a NUL */
} pyw_folded_stack;

typedef struct pyw_folded_stacks pyw_folded_stacks;

/* NULL: out of memory. The set stores at most `bytes_most` bytes of text; it counts further stacks as "[other]". */
pyw_folded_stacks *pyw_folded_create(size_t bytes_most);
void pyw_folded_free(pyw_folded_stacks *stacks);

/* `text` is copied. Without memory the stack counts as "[other]". */
void pyw_folded_add(pyw_folded_stacks *stacks, const char *text, size_t length, uint64_t count);

/* How often the stack was added. */
uint64_t pyw_folded_count(pyw_folded_stacks *stacks, const char *text, size_t length);

/*
 * All stacks, sorted so that stacks that begin with the same calls are neighbours. The caller frees the array; the
 * stacks remain those of the set. NULL: out of memory.
 */
const pyw_folded_stack **pyw_folded_sorted(const pyw_folded_stacks *stacks, size_t *count);

/* Appends "name (directory/file:line)". The bytes that delimit folded text are replaced. */
void pyw_folded_append_call(pyw_buffer *out, const char *name, size_t name_length, const char *file, size_t file_length,
                            int line);

/* Splits a line without its newline. 0: it is not "stack count", or longer than PYW_FOLDED_STACK_MAX. */
int pyw_folded_parse(const char *line, size_t length, size_t *stack_length, uint64_t *count);

#endif
