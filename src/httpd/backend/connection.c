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
#include "httpd/queue/slots.h"

/* A buffer larger than this is not kept for the next request. */
#define BUFFER_KEPT (256 * 1024)

/* The clients of this child that nobody uses. */
static struct {
    apr_thread_mutex_t *lock;
    pyw_client *first;
} idle;

static void destroy(pyw_client *client)
{
    pyw_channel_destroy(client->channel);
    pyw_buffer_free(&client->request);
    pyw_pairs_free(&client->headers);
    free(client);
}

static apr_status_t destroy_idle(void *unused)
{
    (void)unused;
    while (idle.first) {
        pyw_client *client = idle.first;

        idle.first = client->next;
        destroy(client);
    }
    return APR_SUCCESS;
}

void pyw_client_child_init(apr_pool_t *pchild)
{
    idle.first = NULL;
    apr_thread_mutex_create(&idle.lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_pool_cleanup_register(pchild, NULL, destroy_idle, apr_pool_cleanup_null);
}

static pyw_client *create(void)
{
    pyw_client *client = calloc(1, sizeof(*client));

    if (!client) {
        return NULL;
    }
    client->channel = pyw_channel_create();
    if (!client->channel) {
        free(client);
        return NULL;
    }
    return client;
}

pyw_client *pyw_client_take(void)
{
    pyw_client *client;

    apr_thread_mutex_lock(idle.lock);
    client = idle.first;
    if (client) {
        idle.first = client->next;
    }
    apr_thread_mutex_unlock(idle.lock);
    return client ? client : create();
}

static void forget_token(pyw_client *client)
{
    pyw_token_unmap(client->token);
    client->token = NULL;
}

void pyw_client_disconnect(pyw_client *client)
{
    pyw_channel_hang_up(client->channel);
    forget_token(client);
}

void pyw_client_keep(pyw_client *client, const pyw_group *group)
{
    int fd = client->worker != 0 ? pyw_channel_detach(client->channel) : -1;

    if (fd >= 0) {
        pyw_kept_put(group->options->roster_index, client->worker, fd, client->token,
                     group->options->threads);
        client->token = NULL;
    }
    else {
        pyw_client_disconnect(client);
    }
    client->worker = 0;
}

int pyw_client_abandon(pyw_client *client)
{
    int fd = fcntl(pyw_channel_fd(client->channel), F_DUPFD_CLOEXEC, 3);

    pyw_channel_close(client->channel); /* the connection stays open by the duplicate */
    forget_token(client);
    client->worker = 0;
    return fd;
}

void pyw_client_give_back(pyw_client *client)
{
    pyw_client_disconnect(client);
    client->worker = 0;
    pyw_buffer_reset(&client->request, BUFFER_KEPT);
    apr_thread_mutex_lock(idle.lock);
    client->next = idle.first;
    idle.first = client;
    apr_thread_mutex_unlock(idle.lock);
}

static void set_buffer_sizes(int fd, const pyw_group_options *options)
{
    int send_size = (int)options->send_buffer_size;
    int receive_size = (int)options->receive_buffer_size;

    if (send_size > 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_size, sizeof(send_size));
    }
    if (receive_size > 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof(receive_size));
    }
}

/* pyw_config_check sees to it that the path fits. */
static void worker_address(struct sockaddr_un *address, apr_uint64_t worker)
{
    char name[PYW_ROSTER_SOCKET_NAME];

    pyw_roster_socket_name(name, worker);
    apr_snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", pyw_config_main()->socket_directory,
                 name);
}

/* There is room in its queue: nobody connects without a slot. */
static int connect_to_socket(pyw_client *client, const pyw_group *group, apr_uint64_t worker)
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
    pyw_channel_open(client->channel, fd);
    return 0;
}

int pyw_client_connect(pyw_client *client, const pyw_group *group, apr_uint64_t worker, int is_anew)
{
    int fd = is_anew ? -1 : pyw_kept_take(worker, &client->token);
    int error = 0;

    if (fd >= 0) {
        pyw_channel_open(client->channel, fd);
    }
    else {
        error = connect_to_socket(client, group, worker);
    }
    client->is_kept = fd >= 0;
    client->worker = error ? 0 : worker;
    return error;
}
