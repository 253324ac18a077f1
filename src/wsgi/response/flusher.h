/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_FLUSHER_H
#define PYW_WSGI_RESPONSE_FLUSHER_H

/*
 * PEP 3333 wants a block of the body transmitted while the application produces the next one, however long that takes.
 * The flusher is the thread that does so for the blocks that were coalesced: every 2 ms it pushes what is listed. It is
 * started with the first entry of the process, sleeps when nothing was added lately, and knows nothing of Python: it
 * does its work while the application has the GIL.
 *
 * An entry belongs to a request and is guarded by a mutex of that request. add() and remove() are called with the
 * guard held, which the flusher only tries to get: an entry whose guard is taken is left for the next tick.
 */

#include <pthread.h>
#include <sys/queue.h>

typedef struct pyw_flusher_entry pyw_flusher_entry;

struct pyw_flusher_entry {
    pthread_mutex_t *guard;
    /* On the flusher's thread, with the guard; must not wait for anybody. 0: remove the entry. */
    int (*push)(pyw_flusher_entry *entry);
    int is_listed;

    LIST_ENTRY(pyw_flusher_entry) next; /* the flusher's */
};

/* From now on the entry is pushed with every tick. -1: there is no flusher, and nothing was added. */
int pyw_flusher_add(pyw_flusher_entry *entry);

/* An entry that is not listed may be removed. */
void pyw_flusher_remove(pyw_flusher_entry *entry);

/* In a forked process, which has no flusher and no request: everything is as it was before the first. */
void pyw_flusher_forget(void);

/*
 * The process ends: nothing is pushed any more. Waits for a push that is going on, a second at most. May be called
 * within a signal handler.
 */
void pyw_flusher_stop(void);

#endif
