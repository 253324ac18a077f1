/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/pool.h"

#include <apr_thread_mutex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpd/child_context.h"

typedef struct pooled_connection {
    TAILQ_ENTRY(pooled_connection) link;
    apr_uint64_t worker;
    int index; /* of its group */
    int fd;
    pyw_token *token; /* NULL: the connection has none */
    int64_t since;    /* pyw_clock_ms() */
} pooled_connection;

typedef TAILQ_HEAD(pooled_connections, pooled_connection) pooled_connections;

enum {
    UNUSED_MS = 5000,  /* a connection that is unused for this time was only needed for a burst */
    MOST = 64 * 1024,  /* connections in total; see most_connections() */
    SHARE_OF_LIMIT = 4 /* at most a fourth of this process's descriptors, because clients need some, too */
};

struct pyw_connection_pool {
    apr_thread_mutex_t *lock;
    pooled_connections connections; /* the most recently used first */
    pooled_connections free;        /* structs without a connection */
    int count;
    int most;
    _Atomic uint32_t *sequences; /* of the worker lists when they were last read; written with the lock, read without */
};

static void close_connection(pooled_connection *connection)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;

    TAILQ_REMOVE(&pool->connections, connection, link);
    TAILQ_INSERT_HEAD(&pool->free, connection, link);
    pool->count--;
    close(connection->fd);
    pyw_token_unmap(connection->token);
}

/*
 * shutdown(2), so that the worker sees the end of file even if a process that an embedded application forked has a
 * duplicate.
 */
static void end_connection(pooled_connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    close_connection(connection);
}

static apr_status_t close_all(void *unused)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;

    (void)unused;
    while (!TAILQ_EMPTY(&pool->connections)) {
        close_connection(TAILQ_FIRST(&pool->connections));
    }
    while (!TAILQ_EMPTY(&pool->free)) {
        pooled_connection *connection = TAILQ_FIRST(&pool->free);

        TAILQ_REMOVE(&pool->free, connection, link);
        free(connection);
    }
    return APR_SUCCESS;
}

/* Without a limit, hundreds of groups would use all descriptors. */
static int most_connections(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur / SHARE_OF_LIMIT > MOST) {
        return MOST;
    }
    return (int)(files.rlim_cur / SHARE_OF_LIMIT);
}

void pyw_connection_pool_child_init(apr_pool_t *pchild, int groups)
{
    struct pyw_connection_pool *pool = pyw_httpd_child_part(sizeof(*pool));

    pyw_httpd_child.pool = pool;
    TAILQ_INIT(&pool->connections);
    TAILQ_INIT(&pool->free);
    pool->sequences = apr_pcalloc(pchild, (apr_size_t)groups * sizeof(*pool->sequences));
    pool->most = most_connections();
    apr_thread_mutex_create(&pool->lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_pool_cleanup_register(pchild, NULL, close_all, apr_pool_cleanup_null);
}

int pyw_connection_pool_take(apr_uint64_t worker, pyw_token **token)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection *found;
    int fd = -1;

    apr_thread_mutex_lock(pool->lock);
    TAILQ_FOREACH (found, &pool->connections, link) {
        if (found->worker == worker) {
            TAILQ_REMOVE(&pool->connections, found, link);
            TAILQ_INSERT_HEAD(&pool->free, found, link);
            pool->count--;
            fd = found->fd;
            *token = found->token;
            break;
        }
    }
    apr_thread_mutex_unlock(pool->lock);
    return fd;
}

/* Counts the connections to the worker, and closes the oldest connection if it has been unused since a burst. */
static int count_and_age(apr_uint64_t worker, int64_t now)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection *connection, *oldest = NULL;
    int count = 0;

    TAILQ_FOREACH (connection, &pool->connections, link) {
        if (connection->worker == worker) {
            oldest = connection;
            count++;
        }
    }
    if (oldest && now - oldest->since >= UNUSED_MS) {
        end_connection(oldest);
        count--;
    }
    return count;
}

static pooled_connection *take_free(void)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection *taken = TAILQ_FIRST(&pool->free);

    if (taken) {
        TAILQ_REMOVE(&pool->free, taken, link);
        return taken;
    }
    return malloc(sizeof(*taken));
}

/* While a slow client reads, its worker already serves others, so there may be more connections than threads. */
void pyw_connection_pool_put(int index, apr_uint64_t worker, int fd, pyw_token *token, int most)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection *connection = NULL;
    int64_t now = pyw_clock_ms();

    apr_thread_mutex_lock(pool->lock);
    if (count_and_age(worker, now) < most) {
        connection = take_free();
    }
    if (connection) {
        if (pool->count >= pool->most && !TAILQ_EMPTY(&pool->connections)) {
            close_connection(TAILQ_LAST(&pool->connections, pooled_connections));
        }
        pool->count++;
        connection->worker = worker;
        connection->index = index;
        connection->fd = fd;
        connection->token = token;
        connection->since = now;
        TAILQ_INSERT_HEAD(&pool->connections, connection, link);
    }
    apr_thread_mutex_unlock(pool->lock);
    if (!connection) {
        shutdown(fd, SHUT_RDWR);
        close(fd);
        pyw_token_unmap(token);
    }
}

static int is_listed(const pyw_worker_list_worker *workers, apr_uint32_t count, apr_uint64_t serial)
{
    for (apr_uint32_t i = 0; i < count; i++) {
        if (workers[i].serial == serial) {
            return 1;
        }
    }
    return 0;
}

static void close_unlisted(int index, const pyw_worker_list_worker *workers, apr_uint32_t count)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection *following;

    for (pooled_connection *at = TAILQ_FIRST(&pool->connections); at; at = following) {
        following = TAILQ_NEXT(at, link);
        if (at->index == index && !is_listed(workers, count, at->worker)) {
            end_connection(at);
        }
    }
}

void pyw_connection_pool_follow(int index, apr_uint32_t use, const pyw_worker_list_group *worker_list)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pyw_worker_list_worker *workers;
    apr_uint32_t sequence;

    if (pyw_worker_list_sequence(worker_list) == atomic_load_explicit(&pool->sequences[index], memory_order_relaxed)) {
        return;
    }
    workers = malloc(PYW_WORKER_LIST_WORKERS * sizeof(*workers));
    if (!workers) {
        return;
    }
    apr_thread_mutex_lock(pool->lock);
    if (pyw_worker_list_sequence(worker_list) != pool->sequences[index]) {
        pyw_worker_list_status status = {.use = use};
        apr_uint32_t count = pyw_worker_list_read(worker_list, &status, workers, PYW_WORKER_LIST_WORKERS, &sequence);

        close_unlisted(index, workers, count);
        atomic_store_explicit(&pool->sequences[index], sequence, memory_order_relaxed);
    }
    apr_thread_mutex_unlock(pool->lock);
    free(workers);
}
