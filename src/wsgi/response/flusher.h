/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_FLUSHER_H
#define PYW_WSGI_RESPONSE_FLUSHER_H

/*
 * PEP 3333 requires that a block of the body is transmitted while the application produces the next block. The flusher
 * is a thread that does this for coalesced blocks: every 2 ms it pushes the listed entries. It is started with the
 * first entry of the process, sleeps when there were no entries for a while, and does not use Python, so it works while
 * the application holds the GIL.
 *
 * An entry belongs to a request; a mutex of that request guards it. add() and remove() are called with the guard held.
 * The flusher only tries the guard: an entry whose guard is taken waits for the next tick.
 */

#include <pthread.h>
#include <sys/queue.h>

typedef struct pyw_flusher_entry pyw_flusher_entry;

struct pyw_flusher_entry {
    pthread_mutex_t *guard;
    /* Called on the flusher's thread, with the guard. Must not wait. 0: remove the entry. */
    int (*push)(pyw_flusher_entry *entry);
    int is_listed;

    LIST_ENTRY(pyw_flusher_entry) next; /* belongs to the flusher */
};

/* Pushes the entry at every tick from now on. -1: no flusher is available, and nothing was added. */
int pyw_flusher_add(pyw_flusher_entry *entry);

/* Removes an entry; does nothing if it is not listed. */
void pyw_flusher_remove(pyw_flusher_entry *entry);

/* For a forked process, which has neither a flusher nor a request. Resets everything. */
void pyw_flusher_forget(void);

/*
 * Stops all pushes, because the process ends. Waits up to a second for a running push. May be called in a signal
 * handler.
 */
void pyw_flusher_stop(void);

#endif
