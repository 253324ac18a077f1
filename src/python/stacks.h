/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_STACKS_H
#define PYW_PYTHON_STACKS_H

/*
 * The Python stacks of all threads, for a watchdog that cannot wait for the GIL, and the stack of a single thread, for
 * callers that hold the GIL.
 */

#include "python/python.h"

#include "base/buffer.h"

/* Prepares dumps of the current interpreter. The caller holds the GIL. -1 with an exception set. */
int pyw_stacks_prepare(void);

/* Writes the stacks of all prepared interpreters to `fd`. Any thread, no GIL. Allocates no memory. */
void pyw_stacks_dump(int fd);

/* Closes the descriptors that dumping needs. For a forked process that dumps no stacks. */
void pyw_stacks_forget(void);

/* As pyw_stacks_dump, to memory. */
void pyw_stacks_take(pyw_buffer *out);

/*
 * Appends the stack of a thread in the current interpreter, a line for each call, the innermost last. The caller holds
 * the GIL, which may be released and acquired again. No exception is set.
 */
void pyw_stacks_format(pyw_buffer *out, PyThreadState *thread);

#endif
