/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include "worker/serve/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/forked.h"
#include "worker/serve/connection_state.h"

enum { LOG_AGAIN_MS = 1000 };

/*
 * Connections are watched edge-triggered, so that a request costs no call to arm them again. A thread that gets an
 * event for a connection that another thread owns only changes its state (PENDING), and the owner reads again. The
 * structs are never freed, because a thread may still hold an event of a connection that has been closed.
 */
struct pyw_connection {
    SLIST_ENTRY(pyw_connection) next;
    SLIST_ENTRY(pyw_connection) next_unused; /* while it is FREE */
    int fd;
    atomic_int state; /* pyw_connection_state */
    pyw_token *token; /* NULL until httpd sends it */
};

struct pyw_connections {
    int epoll;
    int listener;
    int spare;               /* is closed to accept and refuse a connection when descriptors are short; -1: none */
    int64_t shortage_at;     /* when the shortage was last logged */
    pthread_mutex_t lock;    /* of the lists, and of the spare descriptor */
    void (*go_away)(int fd); /* becomes the owner */
    SLIST_HEAD(, pyw_connection) all;
    SLIST_HEAD(, pyw_connection) unused;
};

static int epoll_add(const pyw_connections *connections, int fd, uint32_t events, void *mark)
{
    struct epoll_event event = {.events = events, .data = {.ptr = mark}};

    return epoll_ctl(connections->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

pyw_connections *pyw_connections_create(int listener, void (*go_away)(int fd), pyw_problem *problem)
{
    pyw_connections *connections = calloc(1, sizeof(*connections));

    if (connections == NULL) {
        pyw_problem_set(problem, "no memory");
        return NULL;
    }
    pthread_mutex_init(&connections->lock, NULL);
    connections->epoll = epoll_create1(EPOLL_CLOEXEC);
    connections->listener = listener;
    connections->go_away = go_away;
    connections->spare = open_spare();
    pyw_worker_forked_prepare_epoll(connections->epoll);
    if (connections->epoll < 0 || epoll_add(connections, listener, EPOLLIN, &connections->listener) != 0) {
        pyw_problem_set(problem, "epoll: %s", strerror(errno));
        free(connections);
        return NULL;
    }
    return connections;
}

static void log_shortage(pyw_connections *connections)
{
    int64_t now = pyw_clock_ms();

    if (connections->shortage_at == 0 || now - connections->shortage_at >= LOG_AGAIN_MS) {
        connections->shortage_at = now;
        pyw_log(PYW_LOG_ERR,
                PYWNO(0425) "the worker is out of descriptors (file-limit): requests on new connections are "
                            "sent back to httpd, which tries another worker, or answers 503");
    }
}

/* httpd would wait for an answer, so the connection is accepted with the spare descriptor, and refused. */
static void refuse_connection(pyw_connections *connections)
{
    int fd = -1;

    pthread_mutex_lock(&connections->lock);
    if (connections->spare >= 0) {
        close(connections->spare);
        fd = accept4(connections->listener, NULL, NULL, SOCK_CLOEXEC);
    }
    if (fd >= 0) {
        connections->go_away(fd);
        log_shortage(connections);
    }
    connections->spare = open_spare();
    pthread_mutex_unlock(&connections->lock);
    errno = fd >= 0 ? EAGAIN : EMFILE;
}

static pyw_ready accept_new(pyw_connections *connections)
{
    pyw_ready ready = {PYW_READY_NOTHING, -1, NULL};

    ready.fd = accept4(connections->listener, NULL, NULL, SOCK_CLOEXEC);
    if (ready.fd >= 0) {
        ready.kind = PYW_READY_NEW;
    }
    else if (errno == EMFILE || errno == ENFILE) {
        refuse_connection(connections);
    }
    return ready;
}

/* Returns the previous state. A mistake of the worker is logged and changes nothing. */
static pyw_connection_state change(pyw_connection *connection, pyw_connection_event event)
{
    int from = atomic_load_explicit(&connection->state, memory_order_acquire);
    int to;

    do {
        to = pyw_connection_next((pyw_connection_state)from, event);
        if (to == PYW_CONNECTION_DEFECT) {
            pyw_log(PYW_LOG_ERR,
                    PYWNO(0383) "a connection is %s: the event %s is ignored; this is a defect of mod_pywsgi",
                    pyw_connection_state_name((pyw_connection_state)from), pyw_connection_event_name(event));
            break;
        }
    } while (to != from && !atomic_compare_exchange_strong_explicit(&connection->state, &from, to, memory_order_acq_rel,
                                                                    memory_order_acquire));
    return (pyw_connection_state)from;
}

/* If another thread owns the connection, that thread reads again. */
static pyw_ready take_input(pyw_connection *connection)
{
    pyw_ready ready = {PYW_READY_NOTHING, -1, NULL};

    errno = EAGAIN;
    if (change(connection, PYW_CONNECTION_INPUT) == PYW_CONNECTION_IDLE) {
        ready.kind = PYW_READY_INPUT;
        ready.connection = connection;
        ready.fd = connection->fd;
    }
    return ready;
}

pyw_ready pyw_connections_wait(pyw_connections *connections)
{
    struct epoll_event event;
    pyw_ready nothing = {PYW_READY_NOTHING, -1, NULL};

    if (epoll_wait(connections->epoll, &event, 1, -1) != 1) {
        return nothing;
    }
    if (event.data.ptr == &connections->listener) {
        return accept_new(connections);
    }
    return take_input(event.data.ptr);
}

static pyw_connection *take_unused(pyw_connections *connections)
{
    pyw_connection *taken = SLIST_FIRST(&connections->unused);

    if (taken != NULL) {
        SLIST_REMOVE_HEAD(&connections->unused, next_unused);
        return taken;
    }
    taken = calloc(1, sizeof(*taken));
    if (taken != NULL) {
        SLIST_INSERT_HEAD(&connections->all, taken, next);
    }
    return taken;
}

pyw_connection *pyw_connections_add(pyw_connections *connections, int fd)
{
    pyw_connection *added;

    pthread_mutex_lock(&connections->lock);
    added = take_unused(connections);
    if (added != NULL) {
        added->fd = fd;
        change(added, PYW_CONNECTION_ACCEPT);
    }
    pthread_mutex_unlock(&connections->lock);
    if (added != NULL && epoll_add(connections, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, added) != 0) {
        pyw_connections_forget(connections, added);
        added = NULL;
    }
    if (added == NULL) {
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    return added;
}

int pyw_connection_fd(const pyw_connection *connection)
{
    return connection->fd;
}

pyw_token **pyw_connection_token(pyw_connection *connection)
{
    return &connection->token;
}

int pyw_connections_rest(pyw_connection *connection)
{
    return change(connection, PYW_CONNECTION_REST) == PYW_CONNECTION_BUSY;
}

void pyw_connections_forget(pyw_connections *connections, pyw_connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    connection->fd = -1;
    pyw_token_unmap(connection->token);
    connection->token = NULL;
    change(connection, PYW_CONNECTION_CLOSE);
    SLIST_INSERT_HEAD(&connections->unused, connection, next_unused);
    pthread_mutex_unlock(&connections->lock);
}

/* After shutdown(2) the kernel refuses new connections, while those in its queue can still be accepted. */
static void drain_listener(pyw_connections *connections)
{
    pyw_ready ready;

    shutdown(connections->listener, SHUT_RD);
    epoll_ctl(connections->epoll, EPOLL_CTL_DEL, connections->listener, NULL);
    for (;;) {
        ready = accept_new(connections);
        if (ready.kind == PYW_READY_NOTHING) {
            return;
        }
        connections->go_away(ready.fd);
    }
}

void pyw_connections_drain(pyw_connections *connections)
{
    pyw_connection *first;

    drain_listener(connections);
    pthread_mutex_lock(&connections->lock);
    first = SLIST_FIRST(&connections->all);
    pthread_mutex_unlock(&connections->lock);
    for (pyw_connection *each = first; each != NULL; each = SLIST_NEXT(each, next)) {
        if (change(each, PYW_CONNECTION_DRAIN) == PYW_CONNECTION_IDLE) {
            connections->go_away(each->fd);
            pyw_connections_forget(connections, each);
        }
    }
}
