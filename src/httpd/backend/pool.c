/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/pool.h"

#include <apr_thread_mutex.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

typedef struct kept_connection {
    struct kept_connection *next;
    apr_uint64_t worker;
    int index; /* of its group */
    int fd;
    pyw_token *token;   /* NULL: it has none */
    int64_t kept_since; /* pyw_clock_ms() */
} kept_connection;

enum {
    UNUSED_MS = 5000,  /* one that was not used for so long was of use in a burst */
    MOST = 64 * 1024,  /* in all; see most_connections() */
    SHARE_OF_LIMIT = 4 /* a fourth of the descriptors that this process may have, as clients need them, too */
};

/* The one of this child. */
static struct {
    apr_thread_mutex_t *lock;
    kept_connection *first;
    kept_connection *unused;
    int count;
    int most;
    apr_uint32_t *sequences; /* of the worker lists as last looked at; lock to write, none to read */
} kept;

static void close_connection(kept_connection *connection)
{
    kept.count--;
    close(connection->fd);
    pyw_token_unmap(connection->token);
    connection->next = kept.unused;
    kept.unused = connection;
}

/* The worker sees the end even if a process that an embedded application forked has inherited the descriptor. */
static void end_connection(kept_connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    close_connection(connection);
}

static apr_status_t close_all(void *unused)
{
    (void)unused;
    while (kept.first) {
        kept_connection *connection = kept.first;

        kept.first = connection->next;
        close_connection(connection);
    }
    while (kept.unused) {
        kept_connection *connection = kept.unused;

        kept.unused = connection->next;
        free(connection);
    }
    return APR_SUCCESS;
}

/* With hundreds of groups there would be more than descriptors. */
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
    kept.sequences = apr_pcalloc(pchild, (apr_size_t)groups * sizeof(*kept.sequences));
    kept.most = most_connections();
    apr_thread_mutex_create(&kept.lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_pool_cleanup_register(pchild, NULL, close_all, apr_pool_cleanup_null);
}

int pyw_connection_pool_take(apr_uint64_t worker, pyw_token **token)
{
    kept_connection **link = &kept.first;
    int fd = -1;

    apr_thread_mutex_lock(kept.lock);
    while (*link && (*link)->worker != worker) {
        link = &(*link)->next;
    }
    if (*link) {
        kept_connection *found = *link;

        *link = found->next;
        fd = found->fd;
        *token = found->token;
        kept.count--;
        found->next = kept.unused;
        kept.unused = found;
    }
    apr_thread_mutex_unlock(kept.lock);
    return fd;
}

/* The one that was not used for longest. */
static void close_last(void)
{
    kept_connection **link = &kept.first;
    kept_connection *last;

    while ((*link)->next) {
        link = &(*link)->next;
    }
    last = *link;
    *link = NULL;
    close_connection(last);
}

/* How many to the worker are kept. After a burst there are more than are used: the oldest of them is closed. */
static int count_and_age(apr_uint64_t worker, int64_t now)
{
    kept_connection **oldest = NULL;
    int count = 0;

    for (kept_connection **link = &kept.first; *link; link = &(*link)->next) {
        if ((*link)->worker == worker) {
            oldest = link;
            count++;
        }
    }
    if (oldest && now - (*oldest)->kept_since >= UNUSED_MS) {
        kept_connection *closed = *oldest;

        *oldest = closed->next;
        end_connection(closed);
        count--;
    }
    return count;
}

static kept_connection *take_unused(void)
{
    kept_connection *taken = kept.unused;

    if (taken) {
        kept.unused = taken->next;
        return taken;
    }
    return malloc(sizeof(*taken));
}

/* Slow clients hold connections whose worker is free for others long before: there may be more than can be of use. */
void pyw_connection_pool_put(int index, apr_uint64_t worker, int fd, pyw_token *token, int most)
{
    kept_connection *connection = NULL;
    int64_t now = pyw_clock_ms();

    apr_thread_mutex_lock(kept.lock);
    if (count_and_age(worker, now) < most) {
        connection = take_unused();
    }
    if (connection) {
        if (kept.count >= kept.most && kept.first) {
            close_last();
        }
        kept.count++;
        connection->worker = worker;
        connection->index = index;
        connection->fd = fd;
        connection->token = token;
        connection->kept_since = now;
        connection->next = kept.first;
        kept.first = connection;
    }
    apr_thread_mutex_unlock(kept.lock);
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
    kept_connection **link = &kept.first;

    while (*link) {
        kept_connection *connection = *link;

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
    pyw_worker_list_worker *workers;
    apr_uint32_t sequence;

    if (pyw_worker_list_sequence(worker_list) == __atomic_load_n(&kept.sequences[index], __ATOMIC_RELAXED)) {
        return;
    }
    workers = malloc(PYW_WORKER_LIST_WORKERS * sizeof(*workers));
    if (!workers) {
        return;
    }
    apr_thread_mutex_lock(kept.lock);
    if (pyw_worker_list_sequence(worker_list) != kept.sequences[index]) {
        pyw_worker_list_status status = {.use = use};
        apr_uint32_t count = pyw_worker_list_read(worker_list, &status, workers, PYW_WORKER_LIST_WORKERS, &sequence);

        close_unlisted(index, workers, count);
        __atomic_store_n(&kept.sequences[index], sequence, __ATOMIC_RELAXED);
    }
    apr_thread_mutex_unlock(kept.lock);
    free(workers);
}
