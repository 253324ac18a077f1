/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_MEMORY_H
#define PYW_WORKER_WATCH_MEMORY_H

/*
 * The worker's look at its own size (memory-recycle=), between requests: the manager's comes once a second only, and a
 * worker may have served a thousand requests by then. It costs one pread(2), and that not with each request.
 */

#include <stdint.h>

typedef struct pyw_memory_watch pyw_memory_watch;

enum {
    PYW_MEMORY_LOOK_MS = 20,      /* from one look to the next, at least */
    PYW_MEMORY_LOOK_SAID_MS = 500 /* and after one that found the worker too large */
};

/*
 * On the main thread, of the process that is to be looked at. `limit`: bytes of resident memory. `on_large` is called
 * by the thread that finds more, and must be quick. NULL: the kernel does not tell, or there is no descriptor for it.
 */
pyw_memory_watch *pyw_memory_watch_create(uint64_t limit, void (*on_large)(void));

/* Any thread, without the GIL. `now`: pyw_clock_ms(). Looks if it is time. */
void pyw_memory_watch_read(pyw_memory_watch *look, int64_t now);

/* 1: it was found too large since the last call. */
int pyw_memory_watch_take(pyw_memory_watch *look);

void pyw_memory_watch_destroy(pyw_memory_watch *look);

#endif
