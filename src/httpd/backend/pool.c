/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/pool.h"

#include <apr_thread_mutex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpd/child_context.h"

typedef struct pooled_connection {
    struct pooled_connection *next;
    apr_uint64_t worker;
    int index; /* of its group */
    int fd;
    pyw_token *token; /* NULL: the connection has none */
    int64_t since;    /* pyw_clock_ms() */
} pooled_connection;

enum {
    UNUSED_MS = 5000,  /* a connection that is unused for this time was only needed for a burst */
    MOST = 64 * 1024,  /* connections in total; see most_connections() */
    SHARE_OF_LIMIT = 4 /* at most a fourth of this process's descriptors, because clients need some, too */
};

struct pyw_connection_pool {
    apr_thread_mutex_t *lock;
    pooled_connection *first;
    pooled_connection *unused;
    int count;
    int most;
    _Atomic uint32_t *sequences; /* of the worker lists when they were last read; written with the lock, read without */
};

static void close_connection(pooled_connection *connection)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;

    pool->count--;
    close(connection->fd);
    pyw_token_unmap(connection->token);
    connection->next = pool->unused;
    pool->unused = connection;
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
    while (pool->first) {
        pooled_connection *connection = pool->first;

        pool->first = connection->next;
        close_connection(connection);
    }
    while (pool->unused) {
        pooled_connection *connection = pool->unused;

        pool->unused = connection->next;
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
    pool->sequences = apr_pcalloc(pchild, (apr_size_t)groups * sizeof(*pool->sequences));
    pool->most = most_connections();
    apr_thread_mutex_create(&pool->lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_pool_cleanup_register(pchild, NULL, close_all, apr_pool_cleanup_null);
}

int pyw_connection_pool_take(apr_uint64_t worker, pyw_token **token)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection **link = &pool->first;
    int fd = -1;

    apr_thread_mutex_lock(pool->lock);
    while (*link && (*link)->worker != worker) {
        link = &(*link)->next;
    }
    if (*link) {
        pooled_connection *found = *link;

        *link = found->next;
        fd = found->fd;
        *token = found->token;
        pool->count--;
        found->next = pool->unused;
        pool->unused = found;
    }
    apr_thread_mutex_unlock(pool->lock);
    return fd;
}

/* Closes the connection that has been unused for the longest time. */
static void close_last(void)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection **link = &pool->first;
    pooled_connection *last;

    while ((*link)->next) {
        link = &(*link)->next;
    }
    last = *link;
    *link = NULL;
    close_connection(last);
}

/* Counts the connections to the worker, and closes the oldest connection if it has been unused since a burst. */
static int count_and_age(apr_uint64_t worker, int64_t now)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection **oldest = NULL;
    int count = 0;

    for (pooled_connection **link = &pool->first; *link; link = &(*link)->next) {
        if ((*link)->worker == worker) {
            oldest = link;
            count++;
        }
    }
    if (oldest && now - (*oldest)->since >= UNUSED_MS) {
        pooled_connection *closed = *oldest;

        *oldest = closed->next;
        end_connection(closed);
        count--;
    }
    return count;
}

static pooled_connection *take_unused(void)
{
    struct pyw_connection_pool *pool = pyw_httpd_child.pool;
    pooled_connection *taken = pool->unused;

    if (taken) {
        pool->unused = taken->next;
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
        connection = take_unused();
    }
    if (connection) {
        if (pool->count >= pool->most && pool->first) {
            close_last();
        }
        pool->count++;
        connection->worker = worker;
        connection->index = index;
        connection->fd = fd;
        connection->token = token;
        connection->since = now;
        connection->next = pool->first;
        pool->first = connection;
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
    pooled_connection **link = &pool->first;

    while (*link) {
        pooled_connection *connection = *link;

        if (connection->index == index && !is_listed(workers, count, connection->worker)) {
            *link = connection->next;
            end_connection(connection);
        }
        else {
            link = &connection->next;
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
