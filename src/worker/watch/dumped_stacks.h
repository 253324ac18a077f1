/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_DUMPED_STACKS_H
#define PYW_WORKER_WATCH_DUMPED_STACKS_H

/*
 * Reads the stacks that dump_stacks() of the engine has written, which needs no GIL: for a profile of a worker whose
 * GIL is held. Any thread.
 */

#include <stddef.h>

/* Calls `visit` for each thread with its stack as folded text (base/folded_stacks.h). `fd` remains open. */
void pyw_dumped_stacks_read(int fd, void (*visit)(void *baton, const char *stack, size_t length), void *baton);

#endif
