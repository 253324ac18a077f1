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

typedef struct pool_thread {
    pyw_pool *pool;
    pthread_t id;
    pyw_server_thread server;
} pool_thread;

struct pyw_pool {
    pyw_service *service;
    pyw_connections *connections;
    int wake;
    int count;
    pool_thread threads[];
};

static pyw_thread_state state_of_thread(const pool_thread *thread)
{
    return (pyw_thread_state)atomic_load(&thread->server.state);
}

static void on_signal(int number)
{
    (void)number;
}

/* The signal ends epoll_wait(2). */
static void install_signal(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGRTMIN, &action, NULL);
}

static int is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* After accept(2) failed because of a lack of descriptors or memory. */
static void wait_out_shortage(int error)
{
    pyw_log(PYW_LOG_ERR, PYWNO(0413) "no connection can be accepted: %s; trying again", strerror(error));
    poll(NULL, 0, SHORTAGE_PAUSE_MS);
}

static void serve_connection(pool_thread *thread, pyw_connection *connection)
{
    do {
        if (!pyw_serve_connection(&thread->server, pyw_connection_fd(connection), pyw_connection_token(connection))) {
            pyw_connections_forget(thread->pool->connections, connection);
            return;
        }
    } while (!pyw_connections_rest(connection));
}

/* The first request has usually been received already. */
static void serve_new(pool_thread *thread, int fd)
{
    pyw_connection *connection = NULL;

    if (pyw_serve_admits(thread->pool->service, fd)) {
        connection = pyw_connections_add(thread->pool->connections, fd);
    }
    if (connection != NULL) {
        serve_connection(thread, connection);
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
    pyw_serve_set_state(&thread->server, PYW_THREAD_READING);
    if (ready.kind == PYW_READY_NEW) {
        serve_new(thread, ready.fd);
    }
    else {
        serve_connection(thread, ready.connection);
    }
    pyw_serve_set_state(&thread->server, PYW_THREAD_WAITING);
}

static void wake_main(const pyw_pool *pool)
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
    pyw_serve_name_thread(&thread->server);
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
    pyw_serve_set_state(&thread->server, PYW_THREAD_ENDED);
    wake_main(thread->pool);
    return NULL;
}

/* The thread is not joined, so that its id remains valid for pyw_pool_kick. */
static int start_pool_thread(pyw_pool *pool, int number, const pthread_attr_t *attributes)
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

static void start_server_threads(pyw_pool *pool, int threads, const pthread_attr_t *attributes, pyw_problem *problem)
{
    int error = 0;

    while (pool->count < threads && error == 0) {
        error = start_pool_thread(pool, pool->count, attributes);
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
    pool->connections = pyw_connections_create(PYW_HERITAGE_LISTENER, pyw_serve_go_away, problem);
    if (pool->connections == NULL) {
        free(pool);
        return NULL;
    }
    pool->wake = wake;
    install_signal();
    pthread_attr_init(&attributes);
    if (stack_size > 0) {
        pthread_attr_setstacksize(&attributes, stack_size);
    }
    start_server_threads(pool, threads, &attributes, problem);
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
        if (state_of_thread(&pool->threads[i]) == PYW_THREAD_WAITING) {
            pthread_kill(pool->threads[i].id, SIGRTMIN);
        }
    }
}

static int count_state(const pyw_pool *pool, pyw_thread_state state)
{
    int count = 0;

    for (int i = 0; i < pool->count; i++) {
        count += state_of_thread(&pool->threads[i]) == state;
    }
    return count;
}

int pyw_pool_running(const pyw_pool *pool)
{
    return pool->count - count_state(pool, PYW_THREAD_ENDED);
}

int pyw_pool_takes(const pyw_pool *pool)
{
    return pyw_pool_running(pool) > count_state(pool, PYW_THREAD_RUNNING);
}

int pyw_pool_busy(const pyw_pool *pool)
{
    return count_state(pool, PYW_THREAD_READING) + count_state(pool, PYW_THREAD_RUNNING);
}
