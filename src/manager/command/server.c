/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4, struct ucred */
#endif
#include "manager/command/server.h"

#include <apr_strings.h>
#include <apr_user.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "manager/poll_list.h"

enum {
    COMMANDS, /* the socket for `pywsgi` */
    STACKS,   /* ... for httpd's children */
    SOCKETS
};

enum {
    CLIENTS_MOST = 16,   /* of a socket; further clients wait in its queue */
    LIMIT_MS = 10 * 1000 /* for the command to arrive, and for the answer to be read */
};

/* A socket, whose clients may give the commands of its handler. */
typedef struct command_socket {
    pyw_socket_file file;
    const char *user; /* who uses it, for log records */
    pyw_command_handler *handler;
    uid_t owner;
    int listener;
    int is_failure_logged; /* the failure to bind was logged */
    int count;             /* of its clients */
} command_socket;

struct pyw_command_client {
    LIST_ENTRY(pyw_command_client) next;
    command_socket *socket;
    pyw_channel *channel;
    apr_pool_t *pool;
    const char *who; /* the user and the process, for log records */
    int64_t close_at;
    pyw_command_check *check; /* of the command that the client waits for; NULL: it does not wait */
    void *awaited;
    int is_answered;
    int is_over;
};

struct pyw_command_server {
    pyw_manager *manager;
    command_socket sockets[SOCKETS];
    int has_run_command; /* a command ran: the groups may have work to do */
    LIST_HEAD(, pyw_command_client) clients;
};

static void set_up(command_socket *socket, const char *name, const char *user, pyw_command_handler *handler)
{
    socket->file.name = name;
    socket->user = user;
    socket->handler = handler;
    socket->listener = -1;
}

pyw_command_server *pyw_command_server_create(pyw_manager *manager, pyw_command_handler *run,
                                              pyw_command_handler *stack)
{
    pyw_command_server *server = calloc(1, sizeof(*server));

    if (server != NULL) {
        server->manager = manager;
        set_up(&server->sockets[COMMANDS], "manager", "pywsgi", run);
        set_up(&server->sockets[STACKS], PYW_WORKER_LIST_STACKS_SOCKET, "the status page", stack);
    }
    return server;
}

static void close_socket(command_socket *socket)
{
    if (socket->listener >= 0) {
        close(socket->listener);
        socket->listener = -1;
    }
}

static pyw_result bind_socket(command_socket *socket, const pyw_socket_directory *directory, uid_t owner,
                              pyw_problem *problem)
{
    int fd;
    pyw_result result = pyw_socket_file_bind(&socket->file, directory, owner, &fd, problem);

    if (result == PYW_OK) {
        close_socket(socket);
        socket->listener = fd;
        socket->owner = owner;
    }
    return result;
}

static void look_at(command_socket *socket, const pyw_socket_directory *directory, uid_t owner)
{
    pyw_problem problem;

    if (socket->listener >= 0 && socket->owner == owner && pyw_socket_file_is_intact(&socket->file, directory)) {
        return;
    }
    if (bind_socket(socket, directory, owner, &problem) == PYW_OK) {
        socket->is_failure_logged = 0;
    }
    else if (!socket->is_failure_logged) {
        socket->is_failure_logged = 1;
        pyw_log(PYW_LOG_ERR, PYWNO(0352) "%s cannot reach the manager: %s", socket->user, problem.text);
    }
}

void pyw_command_server_look(pyw_command_server *server, const pyw_socket_directory *directory)
{
    look_at(&server->sockets[COMMANDS], directory, geteuid());
    look_at(&server->sockets[STACKS], directory, server->manager->settings.httpd_uid);
}

static void free_client(pyw_command_client *client)
{
    pyw_channel_destroy(client->channel);
    apr_pool_destroy(client->pool);
    free(client);
}

void pyw_command_server_close(pyw_command_server *server)
{
    for (int i = 0; i < SOCKETS; i++) {
        close_socket(&server->sockets[i]);
        server->sockets[i].count = 0;
    }
    while (!LIST_EMPTY(&server->clients)) {
        pyw_command_client *client = LIST_FIRST(&server->clients);

        LIST_REMOVE(client, next);
        free_client(client);
    }
}

int pyw_command_server_leave(const pyw_command_server *server, const pyw_socket_directory *directory)
{
    const pyw_socket_file *file = &server->sockets[COMMANDS].file;

    return directory->fd >= 0 && (file->inode == 0 || pyw_socket_file_is_intact(file, directory) ||
                                  faccessat(directory->fd, file->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0);
}

void pyw_command_server_collect(const pyw_command_server *server, apr_array_header_t *fds)
{
    const pyw_command_client *client;

    for (int i = 0; i < SOCKETS; i++) {
        pyw_poll_list_add(fds, server->sockets[i].count < CLIENTS_MOST ? server->sockets[i].listener : -1, POLLIN);
    }
    LIST_FOREACH (client, &server->clients, next) {
        pyw_poll_list_add(fds, pyw_channel_fd(client->channel),
                          pyw_channel_has_output(client->channel) ? POLLOUT : POLLIN);
    }
}

/* 0: the peer is not authorised. */
static int is_trusted(const command_socket *socket, int fd, struct ucred *peer)
{
    socklen_t length = sizeof(*peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &length) != 0) {
        return 0;
    }
    if (peer->uid == 0 || peer->uid == geteuid() || peer->uid == socket->owner) {
        return 1;
    }
    pyw_log(
        PYW_LOG_ERR,
        PYWNO(0351) "uid %lu (pid %ld) tried to use the manager's socket '%s' and was refused: only root%s may do so",
        (unsigned long)peer->uid, (long)peer->pid, socket->file.name,
        socket->owner == geteuid() ? " and the user that started httpd" : " and httpd's user");
    return 0;
}

static const char *describe_peer(apr_pool_t *pool, const struct ucred *peer)
{
    char *name = NULL;

    if (apr_uid_name_get(&name, peer->uid, pool) != APR_SUCCESS) {
        name = apr_pstrdup(pool, "unknown");
    }
    return apr_psprintf(pool, "user %s (uid %lu, pid %ld)", name, (unsigned long)peer->uid, (long)peer->pid);
}

static void add_client(pyw_command_server *server, command_socket *socket, int fd, const struct ucred *peer)
{
    pyw_command_client *client = calloc(1, sizeof(*client));

    if (client == NULL || (client->channel = pyw_channel_create()) == NULL) {
        free(client);
        close(fd);
        return;
    }
    client->socket = socket;
    apr_pool_create(&client->pool, server->manager->pool);
    pyw_channel_open(client->channel, fd);
    client->who = describe_peer(client->pool, peer);
    client->close_at = pyw_clock_ms() + LIMIT_MS;
    LIST_INSERT_HEAD(&server->clients, client, next);
    socket->count++;
}

static void accept_clients(pyw_command_server *server, command_socket *socket)
{
    while (socket->listener >= 0 && socket->count < CLIENTS_MOST) {
        int fd = accept4(socket->listener, NULL, NULL, SOCK_CLOEXEC);
        struct ucred peer;

        if (fd < 0) {
            return;
        }
        if (is_trusted(socket, fd, &peer)) {
            add_client(server, socket, fd, &peer);
        }
        else {
            close(fd);
        }
    }
}

static void handle_command(pyw_command_server *server, pyw_command_client *client, const pyw_frame *frame)
{
    pyw_pairs command = {0};

    if (frame->type != PYW_FRAME_COMMAND || client->check != NULL || client->is_answered ||
        pyw_message_pairs_decode(&command, frame->payload, frame->length) != PYW_OK) {
        client->is_over = 1;
    }
    else {
        client->socket->handler(server->manager, client, &command);
        server->has_run_command = 1;
    }
    pyw_pairs_free(&command);
}

/* Reads one command for each connection; further input ends the connection. */
static void read_command(pyw_command_server *server, pyw_command_client *client)
{
    pyw_frame frame;
    pyw_result result = pyw_channel_read(client->channel, &frame, 0);

    if (result == PYW_OK) {
        handle_command(server, client, &frame);
    }
    else if (result != PYW_AGAIN) {
        client->is_over = 1;
    }
}

static void step_client(pyw_command_server *server, pyw_command_client *client)
{
    if (pyw_channel_has_output(client->channel)) {
        pyw_channel_send(client->channel, 0);
    }
    if (!client->is_answered) {
        read_command(server, client);
    }
    if (client->check != NULL && !client->is_answered && !client->is_over) {
        client->check(server->manager, client, client->awaited);
    }
    if ((client->is_answered && !pyw_channel_has_output(client->channel)) || client->close_at <= pyw_clock_ms()) {
        client->is_over = 1;
    }
}

int64_t pyw_command_server_step(pyw_command_server *server)
{
    int64_t sooner = INT64_MAX;

    server->has_run_command = 0;
    for (int i = 0; i < SOCKETS; i++) {
        accept_clients(server, &server->sockets[i]);
    }
    for (pyw_command_client *client = LIST_FIRST(&server->clients), *next; client != NULL; client = next) {
        step_client(server, client);
        next = LIST_NEXT(client, next);
        if (client->is_over) {
            LIST_REMOVE(client, next);
            client->socket->count--;
            free_client(client);
            continue;
        }
        sooner = client->close_at < sooner ? client->close_at : sooner;
    }
    return server->has_run_command ? 0 : sooner;
}

void pyw_command_server_answer(pyw_command_client *client, pyw_frame_type type, const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = apr_pvsprintf(client->pool, format, args);
    va_end(args);
    pyw_channel_queue(client->channel, type, 0, text, strlen(text), -1);
    pyw_channel_send(client->channel, 0);
    client->is_answered = 1;
    client->close_at = pyw_clock_ms() + LIMIT_MS;
}

void pyw_command_server_row(pyw_command_client *client, const pyw_pairs *pairs, int fd)
{
    pyw_buffer payload = {0};

    pyw_message_pairs_encode(&payload, pairs->items, pairs->count);
    if (!payload.failed) {
        pyw_channel_queue(client->channel, PYW_FRAME_ROW, 0, apr_pmemdup(client->pool, payload.data, payload.length),
                          payload.length, fd);
    }
    pyw_buffer_free(&payload);
}

const char *pyw_command_server_text(const pyw_command_client *client, const pyw_pairs *command, const char *name)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(command, name, &length);

    return value != NULL ? apr_pstrmemdup(client->pool, value, length) : NULL;
}

apr_pool_t *pyw_command_server_pool(const pyw_command_client *client)
{
    return client->pool;
}

void pyw_command_server_progress(pyw_command_client *client, const char *kind, const char *text)
{
    pyw_pairs pairs = {0};

    if (pyw_channel_has_output(client->channel)) {
        return; /* the client does not read */
    }
    pyw_pairs_add_text(&pairs, "kind", kind);
    pyw_pairs_add_text(&pairs, "text", text);
    pyw_command_server_row(client, &pairs, -1);
    pyw_pairs_free(&pairs);
    pyw_channel_send(client->channel, 0);
}

void pyw_command_server_await(pyw_command_client *client, pyw_command_check *check, void *awaited)
{
    client->check = check;
    client->awaited = awaited;
    client->close_at = INT64_MAX;
}

const char *pyw_command_server_who(const pyw_command_client *client)
{
    return client->who;
}
