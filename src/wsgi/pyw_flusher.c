/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/pyw_flusher.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

enum {
    TICK_NS = 2 * 1000 * 1000,
    QUIET_TICKS = 10, /* without anything listed or added: then the flusher sleeps */
    STOP_TRIES = 1000 /* of a millisecond */
};

/* The one flusher of this process. */
static struct {
    pthread_mutex_t lock; /* of what follows; may be taken by who has a guard, and guards are only tried under it */
    pthread_cond_t added;
    pyw_flusher_entry *first;
    int is_started, is_asleep;
    unsigned adds;
    unsigned process; /* counted up in a forked child, which inherits entries and no flusher */

    pthread_mutex_t pass; /* held as long as the flusher may have a guard */
    pthread_once_t once;
    atomic_int is_pushing, is_stopped;
} flusher = { .lock = PTHREAD_MUTEX_INITIALIZER, .added = PTHREAD_COND_INITIALIZER,
              .pass = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

static void link_first(pyw_flusher_entry *entry)
{
    entry->previous = NULL;
    entry->next = flusher.first;
    if (entry->next != NULL) {
        entry->next->previous = entry;
    }
    flusher.first = entry;
}

static void unlink_entry(pyw_flusher_entry *entry)
{
    if (entry->next != NULL) {
        entry->next->previous = entry->previous;
    }
    if (entry->previous != NULL) {
        entry->previous->next = entry->next;
    }
    else {
        flusher.first = entry->next;
    }
}

/* Lock held before and after. An entry stays listed while its guard is held: so `next` is good after the push. */
static pyw_flusher_entry *push_one(pyw_flusher_entry *entry)
{
    pyw_flusher_entry *next;

    if (pthread_mutex_trylock(entry->guard) != 0) {
        return entry->next;
    }
    pthread_mutex_unlock(&flusher.lock);
    atomic_store(&flusher.is_pushing, 1);
    if (!atomic_load(&flusher.is_stopped)) {
        entry->is_listed = entry->push(entry);
    }
    atomic_store(&flusher.is_pushing, 0);
    pthread_mutex_lock(&flusher.lock);
    next = entry->next;
    if (!entry->is_listed) {
        unlink_entry(entry);
    }
    pthread_mutex_unlock(entry->guard);
    return next;
}

static void push_all(void)
{
    pthread_mutex_lock(&flusher.pass);
    pthread_mutex_lock(&flusher.lock);
    for (pyw_flusher_entry *entry = flusher.first; entry != NULL;) {
        entry = push_one(entry);
    }
    pthread_mutex_unlock(&flusher.lock);
    pthread_mutex_unlock(&flusher.pass);
}

/* Sleeps if there is nothing to do and was nothing lately: with traffic, nobody has to wake the flusher. */
static void rest(unsigned *adds, int *quiet)
{
    pthread_mutex_lock(&flusher.lock);
    *quiet = flusher.first != NULL || flusher.adds != *adds ? 0 : *quiet + 1;
    while (*quiet > QUIET_TICKS && flusher.first == NULL) {
        flusher.is_asleep = 1;
        pthread_cond_wait(&flusher.added, &flusher.lock);
    }
    flusher.is_asleep = 0;
    *adds = flusher.adds;
    pthread_mutex_unlock(&flusher.lock);
}

static void *flush_for_ever(void *unused)
{
    const struct timespec tick = { 0, TICK_NS };
    unsigned adds = 0;
    int quiet = 0;

    for (;;) {
        rest(&adds, &quiet);
        nanosleep(&tick, NULL);
        push_all();
    }
    return unused;
}

static void before_fork(void)
{
    pthread_mutex_lock(&flusher.pass);
    pthread_mutex_lock(&flusher.lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&flusher.lock);
    pthread_mutex_unlock(&flusher.pass);
}

static void after_fork_in_child(void)
{
    flusher.first = NULL;
    flusher.is_started = flusher.is_asleep = 0;
    flusher.process++;
    after_fork();
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

/* Lock held. Signals are for the threads of the host. */
static int start(void)
{
    sigset_t all, before;
    pthread_t thread;
    int rv;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rv = pthread_create(&thread, NULL, flush_for_ever, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rv != 0) {
        return -1;
    }
    pthread_detach(thread);
    return 0;
}

int pyw_flusher_add(pyw_flusher_entry *entry)
{
    pthread_once(&flusher.once, watch_forks);
    pthread_mutex_lock(&flusher.lock);
    if (!flusher.is_started) {
        flusher.is_started = start() == 0;
    }
    entry->is_listed = flusher.is_started;
    if (entry->is_listed) {
        entry->process = flusher.process;
        link_first(entry);
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
    if (entry->process == flusher.process) {
        unlink_entry(entry);
    }
    entry->is_listed = 0;
    pthread_mutex_unlock(&flusher.lock);
}

void pyw_flusher_stop(void)
{
    const struct timespec pause = { 0, 1000 * 1000 };

    atomic_store(&flusher.is_stopped, 1);
    for (int i = 0; i < STOP_TRIES && atomic_load(&flusher.is_pushing); i++) {
        nanosleep(&pause, NULL);
    }
}
