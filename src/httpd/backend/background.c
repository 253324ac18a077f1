/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/background.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/child_context.h"

enum {
    PATIENCE_MS = 20,   /* a client that takes its piece within this time is not slow */
    AWAKE_MS = 1000,    /* after the last response: under steady traffic, no request has to wake the thread */
    LOOK_MS = 1000,     /* interval of the checks whether the worker of an abandoned request still exists */
    POLL_MOST = 4096,   /* maximum of watched requests; further requests follow as these end */
    PIECES_IN_TURN = 16 /* pieces of a request before the next request is served */
};

struct pyw_background {
    pthread_mutex_t lock;    /* guards the list, and each request on the list that is not held */
    pthread_cond_t released; /* the thread has released a request */
    pthread_t thread;
    int wake_fd;   /* -1: there is no thread */
    int is_asleep; /* in a poll(2) of more than PATIENCE_MS: a new request must wake the thread */
    int is_stopping;
    int64_t awake_until;
    LIST_HEAD(, pyw_background_request) requests;
    struct pollfd fds[POLL_MOST]; /* of the thread: wake_fd, and the descriptors of the requests */
};

/* Refuses the rest of a response: the worker's sends fail from now on, even a send that already waits for room. */
static void refuse(int fd)
{
    char unread[16 * 1024];

    shutdown(fd, SHUT_RD);
    while (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) > 0) { /* the shutdown alone does not wake the worker */
    }
}

static void finish(pyw_background_request *request)
{
    if (request->state == PYW_BACKGROUND_ABANDONED) {
        close(request->fd);
        pyw_slots_leave(request->slots, &request->slot, 0);
    }
    else {
        request->worker_done(request->context);
    }
    request->fd = -1;
}

static void read_ahead(pyw_background_request *request)
{
    pyw_result result = PYW_OK;

    for (int i = 0; i < PIECES_IN_TURN && result == PYW_OK; i++) {
        result = pyw_channel_read_ahead(request->channel);
    }
    request->state = result == PYW_FAILED ? PYW_BACKGROUND_FULL : PYW_BACKGROUND_BUFFERING;
    if (result == PYW_EOF) {
        finish(request);
    }
}

/*
 * A complete response is never late, even if its client reads slowly. An incomplete response is late, even if its
 * worker has closed the connection.
 */
static void check_deadline(pyw_background_request *request)
{
    request->due = 0;
    if (!pyw_channel_is_complete(request->channel)) {
        request->state = PYW_BACKGROUND_REFUSED;
        request->out_of_time(request->context);
        refuse(request->fd);
    }
    else if (request->fd >= 0) {
        read_ahead(request);
    }
}

/*
 * Stops waiting for a worker that has not closed the connection if the worker has exited, or the time limit has passed.
 */
static void check_worker(pyw_background_request *request)
{
    int64_t now = pyw_clock_ms();
    unsigned long pid = request->slot.pid;

    request->due = now + LOOK_MS;
    if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH) {
        pyw_log(PYW_LOG_NOTICE,
                PYWNO(0227) "process group '%s': worker %lu has exited, but a process that it started still holds its "
                            "connection to httpd; the slot of its request is free again",
                request->group, pid);
        finish(request);
    }
    else if (now >= request->until) {
        pyw_log(PYW_LOG_WARNING,
                PYWNO(0226) "process group '%s': worker %lu is still busy with a request that httpd gave up %.0f s ago "
                            "(its client left, or its deadline passed): httpd frees its slot, so requests may have "
                            "to wait for a thread in that worker. request-timeout= ends such requests",
                request->group, pid, (double)(now - request->since) / 1000);
        finish(request);
    }
}

/* The lock is held. */
static int is_watched(const pyw_background_request *request, int64_t now)
{
    switch (request->state) {
    case PYW_BACKGROUND_BUFFERING:
        return request->fd >= 0 && now - request->since >= PATIENCE_MS;
    case PYW_BACKGROUND_FULL:
        return 0;
    default:
        return request->fd >= 0;
    }
}

/* The lock is held. */
static void stay_awake(const pyw_background_request *request, int64_t now)
{
    struct pyw_background *background = pyw_httpd_child.background;

    if (request->state != PYW_BACKGROUND_ABANDONED) {
        background->awake_until = now + AWAKE_MS;
    }
}

/*
 * The lock is held. A request that waits only for the end of a connection polls for no event, as POLLHUP is always
 * reported.
 */
static nfds_t collect_descriptors(int64_t now)
{
    struct pyw_background *background = pyw_httpd_child.background;
    pyw_background_request *at;
    nfds_t count = 0;

    background->fds[count++] = (struct pollfd){background->wake_fd, POLLIN, 0};
    LIST_FOREACH (at, &background->requests, next) {
        at->poll_index = 0;
        stay_awake(at, now);
        if (is_watched(at, now) && count < POLL_MOST) {
            at->poll_index = count;
            background->fds[count++] = (struct pollfd){at->fd, at->state == PYW_BACKGROUND_BUFFERING ? POLLIN : 0, 0};
        }
    }
    return count;
}

static int timeout_ms(int64_t now)
{
    struct pyw_background *background = pyw_httpd_child.background;

    if (now < background->awake_until) {
        return PATIENCE_MS;
    }
    return LIST_EMPTY(&background->requests) ? -1 : LOOK_MS;
}

/* Waits until a worker sends something or closes its connection, or a new request needs the thread. */
static void wait_for_workers(void)
{
    struct pyw_background *background = pyw_httpd_child.background;
    int64_t now = pyw_clock_ms();
    nfds_t count = collect_descriptors(now);
    int timeout = timeout_ms(now);
    uint64_t woken;

    background->is_asleep = timeout != PATIENCE_MS;
    pthread_mutex_unlock(&background->lock);
    (void)!poll(background->fds, count, timeout);
    if (background->fds[0].revents) {
        (void)!read(background->wake_fd, &woken, sizeof(woken));
    }
    pthread_mutex_lock(&background->lock);
    background->is_asleep = 0;
}

static void unlink_request(pyw_background_request *request)
{
    LIST_REMOVE(request, next);
    request->is_listed = 0;
}

static void drop_abandoned(pyw_background_request *request)
{
    unlink_request(request);
    free(request);
}

static int has_event(const pyw_background_request *request)
{
    struct pyw_background *background = pyw_httpd_child.background;

    return request->poll_index > 0 && background->fds[request->poll_index].revents;
}

/* Without the lock. */
typedef void request_handler(pyw_background_request *request);

static const struct {
    request_handler *on_event; /* the worker has sent something, or closed the connection */
    request_handler *on_due;
} handlers[] = {
    [PYW_BACKGROUND_BUFFERING] = {read_ahead, check_deadline},
    [PYW_BACKGROUND_FULL] = {read_ahead, check_deadline},
    [PYW_BACKGROUND_REFUSED] = {finish, NULL}, /* `due` is 0 */
    [PYW_BACKGROUND_ABANDONED] = {finish, check_worker},
};

/* The lock is held before and after. Meanwhile other requests may join and leave the list. */
static void serve_request(pyw_background_request *request)
{
    struct pyw_background *background = pyw_httpd_child.background;
    request_handler *handler = has_event(request) ? handlers[request->state].on_event : handlers[request->state].on_due;

    request->poll_index = 0;
    request->is_held = 1;
    pthread_mutex_unlock(&background->lock);
    handler(request);
    pthread_mutex_lock(&background->lock);
    request->is_held = 0;
    pthread_cond_broadcast(&background->released);
    if (request->state == PYW_BACKGROUND_ABANDONED && request->fd < 0) {
        drop_abandoned(request);
    }
}

/* The lock is held. */
static pyw_background_request *next_to_serve(int64_t now)
{
    struct pyw_background *background = pyw_httpd_child.background;
    pyw_background_request *at;

    LIST_FOREACH (at, &background->requests, next) {
        if (has_event(at) || (at->due != 0 && now >= at->due)) {
            return at;
        }
    }
    return NULL;
}

static void *background_thread(void *unused)
{
    struct pyw_background *background = pyw_httpd_child.background;

    pthread_mutex_lock(&background->lock);
    while (!background->is_stopping) {
        pyw_background_request *request;
        int64_t now;

        wait_for_workers();
        now = pyw_clock_ms();
        for (request = next_to_serve(now); request; request = next_to_serve(now)) {
            serve_request(request);
        }
    }
    pthread_mutex_unlock(&background->lock);
    return unused;
}

static void wake_thread(void)
{
    struct pyw_background *background = pyw_httpd_child.background;
    uint64_t one = 1;

    (void)!write(background->wake_fd, &one, sizeof(one));
}

/* Blocks all signals, because httpd's signals are for its own threads. */
static int create_thread(void)
{
    struct pyw_background *background = pyw_httpd_child.background;
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&background->thread, NULL, background_thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !error;
}

/* The lock is held. 0: there is no thread. */
static int start_background_thread(void)
{
    struct pyw_background *background = pyw_httpd_child.background;

    if (background->is_stopping || background->wake_fd >= 0) {
        return !background->is_stopping;
    }
    background->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (background->wake_fd >= 0 && !create_thread()) {
        close(background->wake_fd);
        background->wake_fd = -1;
    }
    return background->wake_fd >= 0;
}

/* 0: there is no thread, and the request is not on the list. */
static int enlist_request(pyw_background_request *request)
{
    struct pyw_background *background = pyw_httpd_child.background;
    int is_added;

    request->since = pyw_clock_ms();
    request->poll_index = 0;
    pthread_mutex_lock(&background->lock);
    is_added = start_background_thread();
    if (is_added) {
        LIST_INSERT_HEAD(&background->requests, request, next);
        request->is_listed = 1;
        stay_awake(request, request->since);
        if (background->is_asleep || request->state == PYW_BACKGROUND_ABANDONED) {
            background->is_asleep = 0;
            wake_thread();
        }
    }
    pthread_mutex_unlock(&background->lock);
    return is_added;
}

void pyw_background_begin(pyw_background_request *request)
{
    if (request) {
        request->state = request->state == PYW_BACKGROUND_FULL ? PYW_BACKGROUND_BUFFERING : request->state;
        enlist_request(request);
    }
}

void pyw_background_end(pyw_background_request *request)
{
    struct pyw_background *background = pyw_httpd_child.background;

    if (!request) {
        return;
    }
    pthread_mutex_lock(&background->lock);
    while (request->is_held) {
        pthread_cond_wait(&background->released, &background->lock);
    }
    if (request->is_listed) {
        unlink_request(request);
    }
    pthread_mutex_unlock(&background->lock);
}

void pyw_background_abandon(const char *group, pyw_slots *slots, const pyw_slot *slot, int fd, int64_t until)
{
    pyw_background_request abandoned = {
        .state = PYW_BACKGROUND_ABANDONED,
        .fd = fd,
        .due = pyw_clock_ms() + LOOK_MS,
        .group = group,
        .slots = slots,
        .slot = *slot,
        .until = until,
    };
    pyw_background_request *request = malloc(sizeof(*request));

    refuse(fd);
    if (request) {
        *request = abandoned;
    }
    if (!request || !enlist_request(request)) {
        finish(&abandoned);
        free(request);
    }
}

static apr_status_t stop_thread(void *unused)
{
    struct pyw_background *background = pyw_httpd_child.background;

    (void)unused;
    pthread_mutex_lock(&background->lock);
    background->is_stopping = 1;
    pthread_mutex_unlock(&background->lock);
    if (background->wake_fd >= 0) {
        wake_thread();
        pthread_join(background->thread, NULL);
        close(background->wake_fd);
    }
    pthread_mutex_lock(&background->lock);
    background->wake_fd = -1;
    for (pyw_background_request *at = LIST_FIRST(&background->requests), *following; at; at = following) {
        following = LIST_NEXT(at, next);
        if (at->state == PYW_BACKGROUND_ABANDONED) {
            finish(at);
            drop_abandoned(at);
        }
    }
    pthread_mutex_unlock(&background->lock);
    return APR_SUCCESS;
}

static struct pyw_background *create_background(void)
{
    struct pyw_background *background = pyw_httpd_child_part(sizeof(*background));

    pthread_mutex_init(&background->lock, NULL);
    pthread_cond_init(&background->released, NULL);
    background->wake_fd = -1;
    return background;
}

void pyw_background_child_init(apr_pool_t *pchild)
{
    if (!pyw_httpd_child.background) {
        pyw_httpd_child.background = create_background();
    }
    pyw_httpd_child.background->is_stopping = 0;
    apr_pool_cleanup_register(pchild, NULL, stop_thread, apr_pool_cleanup_null);
}
