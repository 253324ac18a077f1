/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the commands that the manager reads from `pywsgi` and from httpd's children. The first byte
 * chooses the socket (1: "stacks"), and whether the rest is a COMMAND as text (2; text_pairs.h) or the bytes that the
 * client sends. The manager answers with frames that a client accepts, and keeps no descriptor of the client.
 */
#include <apr_general.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "checks.h"
#include "config/options/options.h"
#include "fuzzed_child.h"
#include "manager/child/child.h"
#include "manager/command/commands.h"
#include "manager/command/server.h"
#include "manager/command/stacks.h"
#include "text_pairs.h"
#include "wire/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int kill(pid_t pid, int number);

enum { STACKS = 1, AS_TEXT = 2, PID = 0x7ffffff0, ANSWERS_MOST = 64 };

static char directory_path[64];
static pyw_socket_directory directory = {.fd = -1};

/* Instead of the C library's. */
int kill(pid_t pid, int number)
{
    pyw_must(pid == PID || pid == -PID);
    return number * 0;
}

static void remove_directory(void)
{
    pyw_socket_directory_remove(&directory);
}

static void make_directory(void)
{
    pyw_problem problem;

    snprintf(directory_path, sizeof(directory_path), "/tmp/fuzz_command.%ld", (long)getpid());
    pyw_must(pyw_socket_directory_open(&directory, directory_path, 0, &problem) == PYW_OK);
    atexit(remove_directory);
}

static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory_path, name);
    pyw_must(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

static void set_up(pyw_manager *manager, pyw_worker_group *group, pyw_child *child, int *worker)
{
    *worker = pyw_fuzzed_child_open(child);
    child->group = group;
    child->pid = PID;
    child->state = PYW_CHILD_READY;
    group->pool = manager->pool;
    group->options = pyw_options_create(manager->pool, "blog");
    group->settings = &manager->settings;
    group->log = pyw_log_outlet_create(dup(1));
    group->phase = PYW_PHASE_SERVING;
    LIST_INSERT_HEAD(&group->children, child, next);
    LIST_INSERT_HEAD(&manager->groups, group, next);
    manager->directory = directory;
    manager->settings.server_name = "server";
    manager->command_server = pyw_command_server_create(manager, pyw_commands_run, pyw_stacks_run);
    pyw_must(manager->command_server != NULL && group->log != NULL);
    pyw_command_server_look(manager->command_server, &directory);
}

static void read_answers(int fd)
{
    pyw_channel *channel = pyw_channel_create();
    pyw_frame frame;
    pyw_result result = PYW_OK;

    pyw_must(channel != NULL);
    pyw_channel_open(channel, fd);
    for (int i = 0; i < ANSWERS_MOST && result == PYW_OK; i++) {
        result = pyw_channel_read(channel, &frame, 0);
        if (result == PYW_OK) {
            int passed = pyw_channel_take_fd(channel);

            pyw_must(frame.type == PYW_FRAME_ROW || frame.type == PYW_FRAME_DONE || frame.type == PYW_FRAME_REFUSED);
            pyw_must(passed < 0 || close(passed) == 0);
        }
    }
    pyw_must(result != PYW_MALFORMED);
    pyw_channel_destroy(channel);
}

static void send_command(int fd, const char *text, size_t length)
{
    pyw_pairs pairs = {0};
    pyw_buffer payload = {0};
    unsigned char header[PYW_FRAME_HEADER_SIZE];

    (void)pyw_text_pairs_read(&pairs, text, length);
    pyw_message_pairs_encode(&payload, pairs.items, pairs.count);
    pyw_frame_header_encode(header, &(pyw_frame_header){PYW_FRAME_COMMAND, 0, (uint32_t)payload.length});
    pyw_must(send(fd, header, sizeof(header), MSG_NOSIGNAL) >= 0 &&
             send(fd, payload.data, payload.length, MSG_NOSIGNAL) >= 0);
    pyw_buffer_free(&payload);
    pyw_pairs_free(&pairs);
}

static void send_input(int fd, int flags, const uint8_t *data, size_t size)
{
    if (flags & AS_TEXT) {
        send_command(fd, (const char *)data, size);
    }
    else {
        pyw_must(size == 0 || send(fd, data, size, MSG_NOSIGNAL) >= 0);
    }
    shutdown(fd, SHUT_WR);
}

static int next_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static void run(apr_pool_t *pool, const uint8_t *data, size_t size)
{
    pyw_manager manager = {.pool = pool};
    pyw_worker_group group = {0};
    pyw_child child = {0};
    int worker, client, before;

    before = next_fd();
    set_up(&manager, &group, &child, &worker);
    client = connect_to(data[0] & STACKS ? PYW_WORKER_LIST_STACKS_SOCKET : "manager");
    send_input(client, data[0], data + 1, size - 1);
    for (int i = 0; i < 3; i++) {
        (void)pyw_command_server_step(manager.command_server);
    }
    read_answers(client);
    pyw_command_server_close(manager.command_server);
    free(manager.command_server);
    pyw_channel_destroy(child.channel);
    close(worker);
    pyw_log_outlet_destroy(group.log, 0);
    pyw_must(next_fd() == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool;

    if (size == 0) {
        return 0;
    }
    if (directory.fd < 0) {
        apr_initialize();
        make_directory();
    }
    apr_pool_create(&pool, NULL);
    run(pool, data, size);
    apr_pool_destroy(pool);
    return 0;
}
