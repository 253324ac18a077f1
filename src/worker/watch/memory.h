/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_MEMORY_H
#define PYW_WORKER_WATCH_MEMORY_H

/*
 * Measures the worker's own memory between requests (memory-recycle=). The manager measures only once a second, in
 * which a worker may serve a thousand requests. A measurement costs one pread(2), and not every request measures.
 */

#include <stdint.h>

typedef struct pyw_memory_watch pyw_memory_watch;

enum {
    PYW_MEMORY_CHECK_MS = 20,   /* minimum interval of measurements */
    PYW_MEMORY_RECHECK_MS = 500 /* interval after the worker was found too large */
};

/*
 * Main thread. Measures the calling process. `limit`: bytes of resident memory. The thread that finds more calls
 * `on_large`, which must be quick. NULL: the kernel does not provide the size, or no descriptor is available.
 */
pyw_memory_watch *pyw_memory_watch_create(uint64_t limit, void (*on_large)(void));

/* Measures if it is time. Any thread, without the GIL. `now`: pyw_clock_ms(). */
void pyw_memory_watch_read(pyw_memory_watch *watch, int64_t now);

/* 1: the process was too large since the last call. */
int pyw_memory_watch_take(pyw_memory_watch *watch);

void pyw_memory_watch_destroy(pyw_memory_watch *watch);

#endif
