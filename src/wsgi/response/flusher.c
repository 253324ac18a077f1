/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/flusher.h"

#include <stdatomic.h>
#include <time.h>

#include "base/os/thread.h"

enum {
    TICK_NS = 2 * 1000 * 1000,
    QUIET_TICKS = 10, /* the flusher sleeps after this number of ticks without an entry */
    STOP_TRIES = 1000 /* a millisecond each */
};

/* The flusher of this process. */
static struct {
    pthread_mutex_t lock; /* guards the members below; may be taken with an entry's guard held, but not the other way
                             round: then guards are only tried */
    pthread_cond_t added;
    LIST_HEAD(flusher_entries, pyw_flusher_entry) listed;
    int is_started, is_asleep;
    unsigned adds;

    atomic_int is_pushing, is_stopped;
} flusher = {.lock = PTHREAD_MUTEX_INITIALIZER, .added = PTHREAD_COND_INITIALIZER};

/* The caller holds the lock. An entry stays listed while its guard is held, so `next` is valid after the push. */
static pyw_flusher_entry *push_one(pyw_flusher_entry *entry)
{
    pyw_flusher_entry *next;

    if (pthread_mutex_trylock(entry->guard) != 0) {
        return LIST_NEXT(entry, next);
    }
    pthread_mutex_unlock(&flusher.lock);
    atomic_store(&flusher.is_pushing, 1);
    if (!atomic_load(&flusher.is_stopped)) {
        entry->is_listed = entry->push(entry);
    }
    atomic_store(&flusher.is_pushing, 0);
    pthread_mutex_lock(&flusher.lock);
    next = LIST_NEXT(entry, next);
    if (!entry->is_listed) {
        LIST_REMOVE(entry, next);
    }
    pthread_mutex_unlock(entry->guard);
    return next;
}

static void push_all(void)
{
    pthread_mutex_lock(&flusher.lock);
    for (pyw_flusher_entry *entry = LIST_FIRST(&flusher.listed); entry != NULL;) {
        entry = push_one(entry);
    }
    pthread_mutex_unlock(&flusher.lock);
}

/* Sleeps after a while without entries. With steady traffic no thread has to wake the flusher. */
static void wait_for_output(unsigned *adds, int *quiet)
{
    pthread_mutex_lock(&flusher.lock);
    *quiet = !LIST_EMPTY(&flusher.listed) || flusher.adds != *adds ? 0 : *quiet + 1;
    while (*quiet > QUIET_TICKS && LIST_EMPTY(&flusher.listed)) {
        flusher.is_asleep = 1;
        pthread_cond_wait(&flusher.added, &flusher.lock);
    }
    flusher.is_asleep = 0;
    *adds = flusher.adds;
    pthread_mutex_unlock(&flusher.lock);
}

static void *run_flusher(void *unused)
{
    const struct timespec tick = {0, TICK_NS};
    unsigned adds = 0;
    int quiet = 0;

    for (;;) {
        wait_for_output(&adds, &quiet);
        nanosleep(&tick, NULL);
        push_all();
    }
    return unused;
}

/* The caller holds the lock. */
static int start_flusher(void)
{
    pthread_t thread;

    if (pyw_thread_start(&thread, run_flusher, NULL) != 0) {
        return -1;
    }
    pthread_detach(thread);
    return 0;
}

int pyw_flusher_add(pyw_flusher_entry *entry)
{
    pthread_mutex_lock(&flusher.lock);
    if (!flusher.is_started) {
        flusher.is_started = start_flusher() == 0;
    }
    entry->is_listed = flusher.is_started;
    if (entry->is_listed) {
        LIST_INSERT_HEAD(&flusher.listed, entry, next);
        flusher.adds++;
        if (flusher.is_asleep) {
            pthread_cond_signal(&flusher.added);
        }
    }
    pthread_mutex_unlock(&flusher.lock);
    return entry->is_listed ? 0 : -1;
}

void pyw_flusher_remove(pyw_flusher_entry *entry)
{
    if (!entry->is_listed) {
        return;
    }
    pthread_mutex_lock(&flusher.lock);
    LIST_REMOVE(entry, next);
    entry->is_listed = 0;
    pthread_mutex_unlock(&flusher.lock);
}

void pyw_flusher_forget(void)
{
    static const pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t added = PTHREAD_COND_INITIALIZER;

    flusher.lock = lock;
    flusher.added = added;
    LIST_INIT(&flusher.listed);
    flusher.is_started = flusher.is_asleep = 0;
    atomic_store(&flusher.is_pushing, 0);
}

void pyw_flusher_stop(void)
{
    const struct timespec pause = {0, 1000000};

    atomic_store(&flusher.is_stopped, 1);
    for (int i = 0; i < STOP_TRIES && atomic_load(&flusher.is_pushing); i++) {
        nanosleep(&pause, NULL);
    }
}
