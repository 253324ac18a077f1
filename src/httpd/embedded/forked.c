/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/embedded/forked.h"

#include <ap_listen.h>
#include <http_main.h>
#include <httpd.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/log_file.h"
#include "httpd/log.h"

/* More are not remembered: a child has about as many before its first client as it has logs and listeners. */
enum { INHERITED_MOST = 4096, STALL_MS = 1000 };

typedef struct inherited {
    int fd;
    dev_t device; /* of what it was: an application may close it, and open something else */
    ino_t inode;
} inherited;

static struct {
    inherited *items;
    int count;
    pid_t session;
} before;

static void remember(int fd, void *unused)
{
    struct stat status;

    (void)unused;
    if (before.count < INHERITED_MOST && fstat(fd, &status) == 0) {
        before.items[before.count++] = (inherited){fd, status.st_dev, status.st_ino};
    }
}

void pyw_embedded_forked_prepare(void)
{
    if (!before.items) {
        pthread_atfork(pyw_log_file_note_zone, NULL, NULL);
    }
    before.count = 0;
    before.session = getsid(0);
    if (!before.items) {
        before.items = calloc(INHERITED_MOST, sizeof(*before.items));
    }
    if (before.items) {
        pyw_descriptors_each(remember, NULL);
    }
}

static int is_inherited(int fd)
{
    struct stat status;

    for (int i = 0; i < before.count; i++) {
        if (before.items[i].fd == fd) {
            return fstat(fd, &status) == 0 && before.items[i].device == status.st_dev &&
                   before.items[i].inode == status.st_ino;
        }
    }
    return 0;
}

static in_port_t port_of(const pyw_address *address)
{
    if (address->any.sa_family == AF_INET) {
        return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    }
    if (address->any.sa_family == AF_INET6) {
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    }
    return 0;
}

/* A client's connection has the port of the listener that accepted it. */
static int is_client(int fd)
{
    pyw_address own;
    in_port_t port = pyw_descriptors_own_address(fd, &own) ? port_of(&own) : 0;

    for (const ap_listen_rec *listener = port != 0 ? ap_listeners : NULL; listener; listener = listener->next) {
        if (listener->bind_addr && listener->bind_addr->port == port) {
            return 1;
        }
    }
    return 0;
}

/* The manager binds its sockets through /proc (manager/socket_directory.c), and the kernel keeps the name. */
static int is_worker(int fd)
{
    static const char bound[] = "/proc/self/fd/";
    pyw_address peer;

    return pyw_descriptors_peer_address(fd, &peer) && peer.any.sa_family == AF_UNIX &&
           strncmp(peer.local.sun_path, bound, sizeof(bound) - 1) == 0;
}

static int is_inherited_socket(int fd, void *unused)
{
    (void)unused;
    return is_inherited(fd) || is_client(fd) || is_worker(fd);
}

void pyw_embedded_forked(void)
{
    pyw_descriptors_close(is_inherited_socket, NULL);
}

/* The reader of a full pipe gets a second, once. */
static int is_writable(int fd)
{
    static int is_stalled;
    struct pollfd end = {fd, POLLOUT, 0};
    int is_ready = poll(&end, 1, is_stalled ? 0 : STALL_MS) > 0;

    is_stalled = !is_ready;
    return is_ready;
}

/* A pipe that poll(2) calls writable takes PIPE_BUF bytes at once. Returns how much of the text was used up. */
static size_t write_line(int fd, pyw_log_level level, const char *text, size_t length)
{
    const pyw_log_origin origin = {level, (long)getpid(), (long)getpid()};
    char line[PYW_LOG_LINE_MAX];
    size_t taken, used = pyw_log_file_line(line, &origin, text, length, &taken);

    while (used > PIPE_BUF) {
        length = taken / 2;
        used = pyw_log_file_line(line, &origin, text, length, &taken);
    }
    if (is_writable(fd)) {
        (void)!write(fd, line, used);
    }
    return taken;
}

/* Of os.forkpty(). */
static int has_own_terminal(void)
{
    pid_t session = tcgetsid(STDERR_FILENO);

    return session > 0 && session != before.session;
}

static void write_to_terminal(const char *text, size_t length)
{
    const struct iovec parts[] = {{(void *)(uintptr_t)text, length}, {(void *)(uintptr_t) "\n", 1}};

    (void)!writev(STDERR_FILENO, parts, 2);
}

/* Descriptor 2 is the main error log, unless that is syslog. */
void pyw_embedded_forked_log(void *unused, pyw_log_level level, const char *text, size_t length)
{
    size_t taken = 1;

    (void)unused;
    if (has_own_terminal()) {
        write_to_terminal(text, length);
        return;
    }
    if (!ap_server_conf->error_log) {
        pyw_httpd_log_server(ap_server_conf, level, text, length);
        return;
    }
    for (; length > 0 && taken > 0; text += taken, length -= taken) {
        taken = write_line(STDERR_FILENO, level, text, length);
    }
}
