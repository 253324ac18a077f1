/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include "worker/serve/pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "worker/serve/connections.h"
#include "worker/watch/crash_traceback.h"

enum { SHORTAGE_PAUSE_MS = 100 };

typedef enum { THREAD_WAITING, THREAD_BUSY, THREAD_ENDED } thread_state;

typedef struct pool_thread {
    pyw_pool *pool;
    pthread_t id;
    atomic_int state; /* thread_state; the main thread reads it */
    pyw_server_thread server;
} pool_thread;

struct pyw_pool {
    pyw_service *service;
    pyw_connections *connections;
    int wake;
    int count;
    pool_thread threads[];
};

static void set_state(pool_thread *thread, thread_state state)
{
    atomic_store_explicit(&thread->state, (int)state, memory_order_release);
}

static thread_state state_of(const pool_thread *thread)
{
    return (thread_state)atomic_load_explicit(&thread->state, memory_order_acquire);
}

static void on_kick(int number)
{
    (void)number;
}

/* It ends epoll_wait(2). */
static void install_kick(void)
{
    struct sigaction action = {.sa_handler = on_kick};

    sigemptyset(&action.sa_mask);
    sigaction(SIGRTMIN, &action, NULL);
}

static int is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* After accept(2) failed for want of descriptors or memory. */
static void wait_out_shortage(int error)
{
    pyw_log(PYW_LOG_ERR, PYWNO(0413) "no connection can be accepted: %s; trying again", strerror(error));
    poll(NULL, 0, SHORTAGE_PAUSE_MS);
}

static void serve_kept(pool_thread *thread, pyw_connection *connection)
{
    do {
        if (!pyw_serve_kept(&thread->server, pyw_connection_fd(connection), pyw_connection_token(connection))) {
            pyw_connections_forget(thread->pool->connections, connection);
            return;
        }
    } while (!pyw_connections_rest(connection));
}

/* Most often the first request has come with it. */
static void serve_new(pool_thread *thread, int fd)
{
    pyw_connection *connection = NULL;

    if (pyw_serve_admits(thread->pool->service, fd)) {
        connection = pyw_connections_add(thread->pool->connections, fd);
    }
    if (connection != NULL) {
        serve_kept(thread, connection);
    }
}

static void serve_next(pool_thread *thread)
{
    pyw_ready ready = pyw_connections_wait(thread->pool->connections);

    if (ready.kind == PYW_READY_NOTHING) {
        if (is_shortage(errno)) {
            wait_out_shortage(errno);
        }
        return;
    }
    set_state(thread, THREAD_BUSY);
    if (ready.kind == PYW_READY_NEW) {
        serve_new(thread, ready.fd);
    }
    else {
        serve_kept(thread, ready.connection);
    }
    set_state(thread, THREAD_WAITING);
}

static void tell_main(const pyw_pool *pool)
{
    uint64_t one = 1;

    if (write(pool->wake, &one, sizeof(one)) < 0) {
        pyw_log(PYW_LOG_ERR, PYWNO(0414) "eventfd: %s", strerror(errno));
    }
}

static void *thread_main(void *data)
{
    pool_thread *thread = data;

    pyw_crash_enter(thread->server.number);
    pyw_batch_init(&thread->server.batch);
    while (!pyw_serve_is_draining(thread->pool->service)) {
        serve_next(thread);
    }
    thread->pool->service->engine->thread_end();
    pyw_channel_destroy(thread->server.channel);
    pyw_pairs_free(&thread->server.pairs);
    pyw_buffer_free(&thread->server.request);
    pyw_buffer_free(&thread->server.scratch);
    pyw_crash_leave();
    set_state(thread, THREAD_ENDED);
    tell_main(thread->pool);
    return NULL;
}

/* Nobody joins it: its id must stay valid for pyw_pool_kick, even if it has just ended. */
static int start_thread(pyw_pool *pool, int number, const pthread_attr_t *attributes)
{
    pool_thread *thread = &pool->threads[number];
    int error;

    thread->pool = pool;
    thread->server.service = pool->service;
    thread->server.number = number;
    thread->server.channel = pyw_channel_create();
    if (thread->server.channel == NULL) {
        return ENOMEM;
    }
    error = pthread_create(&thread->id, attributes, thread_main, thread);
    if (error != 0) {
        pyw_channel_destroy(thread->server.channel);
    }
    return error;
}

static void start_threads(pyw_pool *pool, int threads, const pthread_attr_t *attributes, pyw_problem *problem)
{
    int error = 0;

    while (pool->count < threads && error == 0) {
        error = start_thread(pool, pool->count, attributes);
        pool->count += error == 0;
    }
    if (error != 0) {
        pyw_problem_set(problem, "thread %d of %d: %s", pool->count + 1, threads, strerror(error));
        pyw_log(PYW_LOG_ERR, PYWNO(0415) "only %d of %d threads could be started: %s", pool->count, threads,
                strerror(error));
    }
}

pyw_pool *pyw_pool_start(pyw_service *service, int threads, size_t stack_size, int wake, pyw_problem *problem)
{
    pyw_pool *pool = calloc(1, sizeof(*pool) + (size_t)threads * sizeof(pool->threads[0]));
    pthread_attr_t attributes;

    if (pool == NULL) {
        pyw_problem_set(problem, "no memory for %d threads", threads);
        return NULL;
    }
    pool->service = service;
    pool->connections = pyw_connections_create(PYW_HERITAGE_LISTENER, pyw_serve_goodbye, problem);
    if (pool->connections == NULL) {
        free(pool);
        return NULL;
    }
    pool->wake = wake;
    install_kick();
    pthread_attr_init(&attributes);
    if (stack_size > 0) {
        pthread_attr_setstacksize(&attributes, stack_size);
    }
    start_threads(pool, threads, &attributes, problem);
    pthread_attr_destroy(&attributes);
    if (pool->count == 0) {
        free(pool);
        return NULL;
    }
    return pool;
}

void pyw_pool_kick(pyw_pool *pool)
{
    pyw_connections_drain(pool->connections);
    for (int i = 0; i < pool->count; i++) {
        if (state_of(&pool->threads[i]) == THREAD_WAITING) {
            pthread_kill(pool->threads[i].id, SIGRTMIN);
        }
    }
}

static int count_state(const pyw_pool *pool, thread_state state)
{
    int count = 0;

    for (int i = 0; i < pool->count; i++) {
        count += state_of(&pool->threads[i]) == state;
    }
    return count;
}

int pyw_pool_running(const pyw_pool *pool)
{
    return pool->count - count_state(pool, THREAD_ENDED);
}

int pyw_pool_takes(const pyw_pool *pool)
{
    for (int i = 0; i < pool->count; i++) {
        if (state_of(&pool->threads[i]) != THREAD_ENDED && !atomic_load(&pool->threads[i].server.is_running)) {
            return 1;
        }
    }
    return 0;
}

int pyw_pool_busy(const pyw_pool *pool)
{
    return count_state(pool, THREAD_BUSY);
}
