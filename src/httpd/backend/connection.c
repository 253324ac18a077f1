/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/connection.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "httpd/backend/pool.h"
#include "httpd/child_context.h"
#include "httpd/queue/slots.h"

/* A larger buffer is freed after its request. */
#define BUFFER_MAX ((size_t)256 * 1024)

/* Objects that no request uses; none of them is connected. */
struct pyw_idle_connections {
    apr_thread_mutex_t *lock;
    SLIST_HEAD(, pyw_connection) connections;
};

static void destroy(pyw_connection *connection)
{
    pyw_channel_destroy(connection->channel);
    pyw_buffer_free(&connection->request);
    pyw_pairs_free(&connection->headers);
    free(connection);
}

static apr_status_t destroy_idle(void *unused)
{
    struct pyw_idle_connections *idle = pyw_httpd_child.idle;

    (void)unused;
    while (!SLIST_EMPTY(&idle->connections)) {
        pyw_connection *connection = SLIST_FIRST(&idle->connections);

        SLIST_REMOVE_HEAD(&idle->connections, next);
        destroy(connection);
    }
    return APR_SUCCESS;
}

void pyw_connection_child_init(apr_pool_t *pchild)
{
    struct pyw_idle_connections *idle = pyw_httpd_child_part(sizeof(*idle));

    pyw_httpd_child.idle = idle;
    apr_thread_mutex_create(&idle->lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_pool_cleanup_register(pchild, NULL, destroy_idle, apr_pool_cleanup_null);
}

static pyw_connection *create_connection(void)
{
    pyw_connection *connection = calloc(1, sizeof(*connection));

    if (!connection) {
        return NULL;
    }
    connection->channel = pyw_channel_create();
    if (!connection->channel) {
        free(connection);
        return NULL;
    }
    return connection;
}

pyw_connection *pyw_connection_take(void)
{
    struct pyw_idle_connections *idle = pyw_httpd_child.idle;
    pyw_connection *connection;

    apr_thread_mutex_lock(idle->lock);
    connection = SLIST_FIRST(&idle->connections);
    if (connection) {
        SLIST_REMOVE_HEAD(&idle->connections, next);
    }
    apr_thread_mutex_unlock(idle->lock);
    return connection ? connection : create_connection();
}

static void unmap_token(pyw_connection *connection)
{
    pyw_token_unmap(connection->token);
    connection->token = NULL;
}

void pyw_connection_disconnect(pyw_connection *connection)
{
    pyw_channel_hang_up(connection->channel);
    unmap_token(connection);
}

void pyw_connection_release(pyw_connection *connection, const pyw_group *group)
{
    int fd = connection->worker != 0 ? pyw_channel_detach(connection->channel) : -1;

    if (fd >= 0) {
        pyw_connection_pool_put(group->options->manager.worker_list_index, connection->worker, fd, connection->token,
                                group->options->worker.threads);
        connection->token = NULL;
    }
    else {
        pyw_connection_disconnect(connection);
    }
    connection->worker = 0;
}

int pyw_connection_abandon(pyw_connection *connection)
{
    int fd = fcntl(pyw_channel_fd(connection->channel), F_DUPFD_CLOEXEC, 3);

    pyw_channel_close(connection->channel); /* the duplicate keeps the connection open */
    unmap_token(connection);
    connection->worker = 0;
    return fd;
}

void pyw_connection_give_back(pyw_connection *connection)
{
    struct pyw_idle_connections *idle = pyw_httpd_child.idle;

    pyw_connection_disconnect(connection);
    connection->worker = 0;
    pyw_buffer_reset(&connection->request, BUFFER_MAX);
    apr_thread_mutex_lock(idle->lock);
    SLIST_INSERT_HEAD(&idle->connections, connection, next);
    apr_thread_mutex_unlock(idle->lock);
}

static void set_buffer_sizes(int fd, const pyw_group_options *options)
{
    int send_size = (int)options->worker.send_buffer_size;
    int receive_size = (int)options->worker.receive_buffer_size;

    if (send_size > 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_size, sizeof(send_size));
    }
    if (receive_size > 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof(receive_size));
    }
}

/* pyw_config_check has checked that the path is short enough. */
static void worker_address(struct sockaddr_un *address, apr_uint64_t worker)
{
    char name[PYW_WORKER_LIST_SOCKET_NAME];

    pyw_worker_list_socket_name(name, worker);
    apr_snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", pyw_config_main()->socket_directory, name);
}

/* The backlog of the worker has room, because each connection needs a slot. */
static int connect_to_socket(pyw_connection *connection, const pyw_group *group, apr_uint64_t worker)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return errno;
    }
    set_buffer_sizes(fd, group->options);
    worker_address(&address, worker);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        int error = errno;

        close(fd);
        return error;
    }
    pyw_channel_open(connection->channel, fd);
    return 0;
}

int pyw_connection_connect(pyw_connection *connection, const pyw_group *group, apr_uint64_t worker, int is_fresh)
{
    int fd = is_fresh ? -1 : pyw_connection_pool_take(worker, &connection->token);
    int error = 0;

    if (fd >= 0) {
        pyw_channel_open(connection->channel, fd);
    }
    else {
        error = connect_to_socket(connection, group, worker);
    }
    connection->is_pooled = fd >= 0;
    connection->worker = error ? 0 : worker;
    return error;
}
