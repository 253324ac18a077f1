/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/buffering.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"

enum {
    PATIENCE_MS = 20,   /* a client that takes its piece sooner than that is not slow */
    IDLE_MS = 1000,     /* without requests for so long the thread sleeps until it is woken */
    POLL_MOST = 1024,   /* requests that are looked after at a time; the others have their turn as these end */
    PIECES_IN_TURN = 16 /* of one request, before the next one has its turn */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;     /* the thread sleeps: there is a request again, or the child ends */
    pthread_cond_t released; /* the thread has let go of a channel */
    pthread_t thread;
    int has_thread;
    int is_asleep;
    int is_stopping;
    pyw_absorption *first;
} absorber = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
    .released = PTHREAD_COND_INITIALIZER,
};

static int is_watched(const pyw_absorption *absorption, int64_t now)
{
    return !absorption->is_ended &&
           (absorption->is_late || (!absorption->is_full && now - absorption->since >= PATIENCE_MS));
}

/* Those who wait longer than they should; the lock is held. */
static nfds_t collect(struct pollfd *fds)
{
    int64_t now = pyw_clock_ms();
    nfds_t count = 0;

    for (pyw_absorption *at = absorber.first; at; at = at->next) {
        at->poll_index = -1;
        if (is_watched(at, now) && count < POLL_MOST) {
            at->poll_index = (int)count;
            fds[count++] = (struct pollfd){pyw_channel_fd(at->channel), at->is_late ? 0 : POLLIN, 0};
        }
    }
    return count;
}

static void end_buffered(pyw_absorption *absorption)
{
    absorption->is_ended = 1;
    if (absorption->worker_done) {
        absorption->worker_done(absorption->context);
    }
}

/* Without the lock. */
static void absorb(pyw_absorption *absorption)
{
    pyw_result result = absorption->is_late ? PYW_EOF : PYW_OK;

    for (int i = 0; i < PIECES_IN_TURN && result == PYW_OK; i++) {
        result = pyw_channel_absorb(absorption->channel);
    }
    absorption->is_full = result == PYW_FAILED;
    if (result == PYW_EOF) {
        end_buffered(absorption);
    }
}

/*
 * An answer that is complete is never late, however long its client takes; one that will not become complete is, even
 * if its worker is through with it. Without the lock.
 */
static void judge(pyw_absorption *absorption)
{
    absorption->is_judged = 1;
    if (!pyw_channel_is_complete(absorption->channel)) {
        absorption->is_late = 1;
        absorption->out_of_time(absorption->context);
    }
    else if (!absorption->is_ended) {
        absorb(absorption);
    }
}

static void for_each_buffered(pyw_absorption *absorption, void (*how)(pyw_absorption *))
{
    absorption->is_held = 1;
    pthread_mutex_unlock(&absorber.lock);
    how(absorption);
    pthread_mutex_lock(&absorber.lock);
    absorption->is_held = 0;
    pthread_cond_broadcast(&absorber.released);
}

/* The next one that poll(2) found something for; the list may have changed in any way meanwhile. The lock is held. */
static pyw_absorption *next_ready(const struct pollfd *fds)
{
    for (pyw_absorption *at = absorber.first; at; at = at->next) {
        if (at->poll_index >= 0 && fds[at->poll_index].revents) {
            at->poll_index = -1;
            return at;
        }
    }
    return NULL;
}

static void serve_ready(const struct pollfd *fds)
{
    pyw_absorption *ready = next_ready(fds);

    while (ready) {
        for_each_buffered(ready, absorb);
        ready = next_ready(fds);
    }
}

/* The lock is held. */
static pyw_absorption *next_overdue(int64_t now)
{
    for (pyw_absorption *at = absorber.first; at; at = at->next) {
        if (at->deadline != 0 && now >= at->deadline && !at->is_judged) {
            return at;
        }
    }
    return NULL;
}

static void serve_overdue(void)
{
    int64_t now = pyw_clock_ms();
    pyw_absorption *overdue = next_overdue(now);

    while (overdue) {
        for_each_buffered(overdue, judge);
        overdue = next_overdue(now);
    }
}

/* Waits for what the requests' workers say, or for a request; the lock is held, but not while it waits. */
static void look_at_events(void)
{
    struct pollfd fds[POLL_MOST];
    nfds_t count = collect(fds);

    pthread_mutex_unlock(&absorber.lock);
    poll(fds, count, PATIENCE_MS);
    pthread_mutex_lock(&absorber.lock);
    serve_ready(fds);
    serve_overdue();
}

static void *buffering_thread(void *unused)
{
    int64_t last_seen = pyw_clock_ms();

    (void)unused;
    pthread_mutex_lock(&absorber.lock);
    while (!absorber.is_stopping) {
        if (absorber.first) {
            last_seen = pyw_clock_ms();
        }
        if (pyw_clock_ms() - last_seen < IDLE_MS) {
            look_at_events();
            continue;
        }
        absorber.is_asleep = 1;
        pthread_cond_wait(&absorber.wake, &absorber.lock);
        absorber.is_asleep = 0;
        last_seen = pyw_clock_ms();
    }
    pthread_mutex_unlock(&absorber.lock);
    return NULL;
}

/* httpd's signals are for its own threads. */
static void start_thread(void)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    absorber.has_thread = pthread_create(&absorber.thread, NULL, buffering_thread, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static apr_status_t stop_thread(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&absorber.lock);
    absorber.is_stopping = 1;
    pthread_cond_signal(&absorber.wake);
    pthread_mutex_unlock(&absorber.lock);
    if (absorber.has_thread) {
        pthread_join(absorber.thread, NULL);
    }
    return APR_SUCCESS;
}

void pyw_buffering_child_init(apr_pool_t *pchild)
{
    apr_pool_cleanup_register(pchild, NULL, stop_thread, apr_pool_cleanup_null);
}

void pyw_buffering_begin(pyw_absorption *absorption)
{
    absorption->since = pyw_clock_ms();
    absorption->poll_index = -1;
    absorption->is_full = 0;
    pthread_mutex_lock(&absorber.lock);
    if (!absorber.has_thread && !absorber.is_stopping) {
        start_thread();
    }
    absorption->next = absorber.first;
    absorption->link = &absorber.first;
    if (absorber.first) {
        absorber.first->link = &absorption->next;
    }
    absorber.first = absorption;
    if (absorber.is_asleep) {
        pthread_cond_signal(&absorber.wake);
    }
    pthread_mutex_unlock(&absorber.lock);
}

void pyw_buffering_end(pyw_absorption *absorption)
{
    pthread_mutex_lock(&absorber.lock);
    while (absorption->is_held) {
        pthread_cond_wait(&absorber.released, &absorber.lock);
    }
    *absorption->link = absorption->next;
    if (absorption->next) {
        absorption->next->link = absorption->link;
    }
    pthread_mutex_unlock(&absorber.lock);
}
