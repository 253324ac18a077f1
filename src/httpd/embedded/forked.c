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

#include "base/log/file.h"
#include "base/os/descriptors.h"
#include "httpd/child_context.h"
#include "httpd/log/log.h"

/*
 * The maximum of recorded descriptors. Before its first client, a child has few descriptors besides logs and listeners.
 */
enum { INHERITED_MOST = 4096, STALL_MS = 1000 };

typedef struct inherited {
    int fd;
    dev_t device; /* an application may close the descriptor and open another file */
    ino_t inode;
} inherited;

/* The descriptors and the session of this child when Python started. */
struct pyw_at_start {
    inherited items[INHERITED_MOST];
    int count;
    pid_t session;
};

static void record_descriptor(int fd, void *baton)
{
    struct pyw_at_start *at_start = baton;
    struct stat status;

    if (at_start->count < INHERITED_MOST && fstat(fd, &status) == 0) {
        at_start->items[at_start->count++] = (inherited){fd, status.st_dev, status.st_ino};
    }
}

void pyw_embedded_forked_prepare(void)
{
    struct pyw_at_start *at_start = pyw_httpd_child_part(sizeof(*at_start));

    pthread_atfork(pyw_log_file_note_zone, NULL, NULL);
    at_start->session = getsid(0);
    pyw_descriptors_each(record_descriptor, at_start);
    pyw_httpd_child.at_start = at_start;
}

static int is_inherited(int fd)
{
    const struct pyw_at_start *at_start = pyw_httpd_child.at_start;
    struct stat status;

    for (int i = 0; i < at_start->count; i++) {
        if (at_start->items[i].fd == fd) {
            return fstat(fd, &status) == 0 && at_start->items[i].device == status.st_dev &&
                   at_start->items[i].inode == status.st_ino;
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

/* Whether the descriptor is a client's connection: it has the port of the listener that accepted it. */
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

/*
 * Whether the peer is a worker. The manager binds its sockets through /proc (manager/socket_directory.c), and the
 * kernel keeps that name.
 */
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

/* Whether the log accepts a record. Waits a second for the reader of a full pipe, but only once. */
static int is_writable(int fd)
{
    static int is_stalled;
    struct pollfd end = {fd, POLLOUT, 0};
    int is_ready = poll(&end, 1, is_stalled ? 0 : STALL_MS) > 0;

    is_stalled = !is_ready;
    return is_ready;
}

/*
 * Writes one record. A pipe that is writable for poll(2) accepts PIPE_BUF bytes without blocking. Returns the number of
 * written bytes of the text.
 */
static size_t write_forked_record(int fd, pyw_log_level level, const char *text, size_t length)
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

/* Whether os.forkpty() has created this process. */
static int has_own_terminal(void)
{
    const struct pyw_at_start *at_start = pyw_httpd_child.at_start;
    pid_t session = tcgetsid(STDERR_FILENO);

    return session > 0 && session != at_start->session;
}

/* Writes to descriptor 2, which is the main error log, unless that is syslog. */
void pyw_embedded_forked_log(void *unused, pyw_log_level level, const char *text, size_t length)
{
    size_t taken = 1;

    (void)unused;
    if (has_own_terminal()) {
        const struct iovec parts[] = {{(void *)(uintptr_t)text, length}, {(void *)(uintptr_t) "\n", 1}};

        (void)!writev(STDERR_FILENO, parts, 2);
        return;
    }
    if (!ap_server_conf->error_log) {
        pyw_httpd_log_server(ap_server_conf, level, text, length);
        return;
    }
    for (; length > 0 && taken > 0; text += taken, length -= taken) {
        taken = write_forked_record(STDERR_FILENO, level, text, length);
    }
}
