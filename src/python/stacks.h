/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_STACKS_H
#define PYW_PYTHON_STACKS_H

/*
 * The Python stacks of all threads for a watchdog, which cannot wait for the GIL, and that of one thread, for those
 * who have it.
 */

#include "python/python.h"

#include "base/buffer.h"

/* For the current interpreter, GIL held: makes ready what dumping needs. -1 with an exception set. */
int pyw_stacks_prepare(void);

/* Writes the stacks of all prepared interpreters to `fd`. Any thread, no GIL, no memory is allocated. */
void pyw_stacks_dump(int fd);

/* In a forked process that dumps no stacks: closes the descriptors that dumping needs. */
void pyw_stacks_forget(void);

/* As pyw_stacks_dump, into memory. */
void pyw_stacks_take(pyw_buffer *out);

/*
 * The stack of a thread that is in the current interpreter, a line for each call, the innermost last. GIL held; it may
 * be given up and taken again in between. No exception is set.
 */
void pyw_stacks_format(pyw_buffer *out, PyThreadState *thread);

#endif
