/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_DIRECT, pthread_timedjoin_np */
#endif
#include "manager/log/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log/json.h"
#include "base/os/thread.h"

typedef struct waiting {
    STAILQ_ENTRY(waiting) next;
    size_t length;
    char line[];
} waiting;

struct pyw_log_outlet {
    int fd; /* -1: no log, so records wait */
    int is_socket;
    struct sockaddr_un peer; /* the system's log */
    int has_thread;
    pthread_t thread;
    STAILQ_HEAD(waiting_records, waiting) records;
    size_t waiting; /* bytes of them */
    size_t sent;    /* of the first record */
    uint64_t dropped;
    pyw_faults *const *faults;   /* NULL: errors are not noted */
    char group[64];              /* of the faults */
    struct pyw_log_outlet *json; /* gets the same records; NULL: none */
    int is_json;                 /* writes JSON */
    char *json_group;            /* of the JSON; NULL: none */
};

typedef struct copying {
    int from;
    int to;
} copying;

static void write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, data, length);

        if (written < 0 && errno != EINTR) {
            return;
        }
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
}

/*
 * The main function of the thread for a log that can only be written with blocking. Ends when the manager closes the
 * other end.
 */
static void *run_copier(void *data)
{
    copying *self = data;
    char line[PYW_LOG_LINE_MAX];
    ssize_t length;

    while ((length = read(self->from, line, sizeof(line))) > 0 || (length < 0 && errno == EINTR)) {
        write_all(self->to, line, length > 0 ? (size_t)length : 0);
    }
    close(self->from);
    close(self->to);
    free(self);
    return NULL;
}

/*
 * Starts the thread. Each write(2) to the pipe must arrive as one read(2). Returns the writing end of the pipe; -1: the
 * thread cannot be started.
 */
static int start_writer(pyw_log_outlet *outlet, int fd)
{
    copying *self = malloc(sizeof(*self));
    pthread_t thread;
    int ends[2], error;

    if (self == NULL || pipe2(ends, O_CLOEXEC | O_DIRECT) != 0) {
        free(self);
        return -1;
    }
    *self = (copying){ends[0], fd};
    (void)fcntl(ends[1], F_SETFL, O_WRONLY | O_DIRECT | O_NONBLOCK);
    error = pyw_thread_start(&thread, run_copier, self);
    if (error != 0) {
        close(ends[0]);
        close(ends[1]);
        free(self);
        return -1;
    }
    outlet->has_thread = 1;
    outlet->thread = thread;
    return ends[1];
}

/* -1: the descriptor cannot be opened again. */
static int reopen(int fd)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Closes the previous log. A blocked thread remains until its reader reads, or closes the log. */
static void close_log(pyw_log_outlet *outlet, int wait_ms)
{
    struct timespec until;

    if (outlet->fd >= 0) {
        close(outlet->fd);
    }
    outlet->fd = -1;
    if (!outlet->has_thread) {
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += wait_ms % 1000 * 1000000L;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    if (wait_ms <= 0 || pthread_timedjoin_np(outlet->thread, NULL, &until) != 0) {
        pthread_detach(outlet->thread);
    }
    outlet->has_thread = 0;
}

void pyw_log_outlet_open(pyw_log_outlet *outlet, int fd)
{
    struct stat log;
    int is_known = fstat(fd, &log) == 0;
    int own;

    close_log(outlet, 0);
    outlet->sent = 0; /* send the first record again as a whole, if the previous log has got a part of it */
    outlet->is_socket = is_known && S_ISSOCK(log.st_mode);
    if (outlet->is_socket) {
        socklen_t length = sizeof(outlet->peer);

        memset(&outlet->peer, 0, sizeof(outlet->peer));
        (void)getpeername(fd, (struct sockaddr *)&outlet->peer, &length);
    }
    if (!is_known || outlet->is_socket || S_ISREG(log.st_mode)) {
        outlet->fd = fd;
        return;
    }
    own = reopen(fd);
    outlet->fd = own >= 0 ? own : start_writer(outlet, fd);
    if (own >= 0 || outlet->fd < 0) {
        close(fd);
    }
}

pyw_log_outlet *pyw_log_outlet_create(int fd)
{
    pyw_log_outlet *outlet = calloc(1, sizeof(*outlet));

    if (outlet == NULL) {
        close(fd);
        return NULL;
    }
    outlet->fd = -1;
    STAILQ_INIT(&outlet->records);
    pyw_log_outlet_open(outlet, fd);
    return outlet;
}

/* The system's log was restarted, and the connected socket does not exist any more. */
static int reconnect(const pyw_log_outlet *outlet)
{
    return outlet->is_socket && outlet->peer.sun_path[0] == '/' &&
           connect(outlet->fd, (const struct sockaddr *)&outlet->peer, sizeof(outlet->peer)) == 0;
}

static ssize_t write_to(const pyw_log_outlet *outlet, const char *data, size_t length)
{
    ssize_t written;

    do {
        written = outlet->is_socket ? send(outlet->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL)
                                    : write(outlet->fd, data, length);
    } while (written < 0 && errno == EINTR);
    return written;
}

static void remove_first(pyw_log_outlet *outlet)
{
    waiting *first = STAILQ_FIRST(&outlet->records);

    STAILQ_REMOVE_HEAD(&outlet->records, next);
    outlet->waiting -= first->length;
    outlet->sent = 0;
    free(first);
}

/* 0: the log accepts no more data now. */
static int send_first(pyw_log_outlet *outlet)
{
    const waiting *first = STAILQ_FIRST(&outlet->records);
    const char *rest = first->line + outlet->sent;
    ssize_t written = write_to(outlet, rest, first->length - outlet->sent);

    if (written < 0 && errno != EAGAIN && reconnect(outlet)) {
        written = write_to(outlet, rest, first->length - outlet->sent);
    }
    if (written < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
        return 0;
    }
    if (written < 0) {
        outlet->dropped++; /* a full disk, or a log that was closed */
        remove_first(outlet);
        return 1;
    }
    outlet->sent += (size_t)written;
    if (outlet->sent == first->length) {
        remove_first(outlet);
    }
    return 1;
}

static void send_waiting(pyw_log_outlet *outlet)
{
    while (outlet->fd >= 0 && !STAILQ_EMPTY(&outlet->records) && send_first(outlet)) {
    }
}

/* Returns the length of the line. */
static size_t format_outlet_line(const pyw_log_outlet *outlet, char line[PYW_LOG_JSON_MAX],
                                 const pyw_log_origin *origin, const char *text, size_t length, size_t *taken)
{
    pyw_log_json json;

    if (!outlet->is_json) {
        return pyw_log_file_line(line, origin, text, length, taken);
    }
    pyw_log_json_begin(&json, origin, "pywsgi");
    pyw_log_json_text(&json, "group", outlet->json_group);
    *taken = pyw_log_json_end(&json, text, length);
    memcpy(line, json.line, json.length);
    return json.length;
}

/*
 * After a record was dropped, further records are dropped until their number can be logged in the right place. Returns
 * how much of the text fits.
 */
static size_t add_record(pyw_log_outlet *outlet, const pyw_log_origin *origin, const char *text, size_t text_length)
{
    char line[PYW_LOG_JSON_MAX];
    size_t taken;
    size_t length = format_outlet_line(outlet, line, origin, text, text_length, &taken);
    int is_full =
        !STAILQ_EMPTY(&outlet->records) && (outlet->dropped > 0 || outlet->waiting + length > PYW_LOG_OUTLET_MOST);
    waiting *item = is_full ? NULL : malloc(sizeof(*item) + length);

    if (item == NULL) {
        outlet->dropped++;
        return taken;
    }
    memcpy(item->line, line, length);
    item->length = length;
    STAILQ_INSERT_TAIL(&outlet->records, item, next);
    outlet->waiting += length;
    return taken;
}

static void report_dropped(pyw_log_outlet *outlet)
{
    const pyw_log_origin origin = {PYW_LOG_WARNING, (long)getpid(), (long)getpid()};
    uint64_t dropped = outlet->dropped;
    char text[120];
    int length = snprintf(text, sizeof(text),
                          PYWNO(0333) "%" PRIu64 " records were dropped here: the log did not take them", dropped);

    outlet->dropped = 0;
    add_record(outlet, &origin, text, (size_t)length);
    send_waiting(outlet);
    if (outlet->dropped > 0) {
        outlet->dropped = dropped; /* the message was dropped, too */
    }
}

void pyw_log_outlet_flush(pyw_log_outlet *outlet)
{
    if (outlet->json != NULL) {
        pyw_log_outlet_flush(outlet->json);
    }
    send_waiting(outlet);
    if (outlet->dropped > 0 && STAILQ_EMPTY(&outlet->records)) {
        report_dropped(outlet);
    }
}

void pyw_log_outlet_note_faults(pyw_log_outlet *outlet, pyw_faults *const *faults, const char *group)
{
    outlet->faults = faults;
    snprintf(outlet->group, sizeof(outlet->group), "%s", group != NULL ? group : "");
}

static void note_fault(const pyw_log_outlet *outlet, const pyw_log_origin *origin, const char *text, size_t length)
{
    char line[sizeof(((pyw_fault *)0)->text) + 64];

    if (origin->level > PYW_LOG_ERR || outlet->faults == NULL || *outlet->faults == NULL) {
        return;
    }
    snprintf(line, sizeof(line), "%.*s", (int)(length < sizeof(line) ? length : sizeof(line)), text);
    if (pyw_faults_is_one(origin->level, line)) {
        pyw_faults_add(*outlet->faults, (uint32_t)origin->pid, outlet->group, NULL, line);
    }
}

/* Returns how much of the text fits. */
static size_t write_one(pyw_log_outlet *outlet, const pyw_log_origin *origin, const char *text, size_t length)
{
    size_t taken;

    note_fault(outlet, origin, text, length);
    if (!STAILQ_EMPTY(&outlet->records) || outlet->dropped > 0) {
        pyw_log_outlet_flush(outlet);
    }
    taken = add_record(outlet, origin, text, length);
    send_waiting(outlet);
    return taken;
}

void pyw_log_outlet_write(pyw_log_outlet *outlet, const pyw_log_origin *origin, const char *text, size_t length)
{
    if (outlet->json != NULL) {
        pyw_log_outlet_write(outlet->json, origin, text, length);
    }
    do {
        size_t taken = write_one(outlet, origin, text, length);

        text += taken;
        length -= taken;
    } while (length > 0);
}

void pyw_log_outlet_sink(void *outlet, pyw_log_level level, const char *text, size_t length)
{
    const pyw_log_origin origin = {level, (long)getpid(), (long)getpid()};
    pyw_log_outlet *to = outlet;
    int error = errno;

    for (; to != NULL; to = to->json) {
        (void)write_one(to, &origin, text, length);
    }
    errno = error;
}

int pyw_log_outlet_fd(const pyw_log_outlet *outlet)
{
    return !STAILQ_EMPTY(&outlet->records) ? outlet->fd : -1;
}

static void wait_for_room(const pyw_log_outlet *outlet, int wait_ms)
{
    struct pollfd item = {pyw_log_outlet_fd(outlet), POLLOUT, 0};

    (void)poll(&item, 1, item.fd >= 0 ? wait_ms : 0);
}

const pyw_log_outlet *pyw_log_outlet_json(const pyw_log_outlet *outlet)
{
    return outlet->json;
}

void pyw_log_outlet_open_json(pyw_log_outlet *outlet, int fd, const char *group)
{
    if (fd < 0) {
        if (outlet->json != NULL) {
            pyw_log_outlet_destroy(outlet->json, 0);
        }
        outlet->json = NULL;
    }
    else if (outlet->json != NULL) {
        pyw_log_outlet_open(outlet->json, fd);
    }
    else {
        outlet->json = pyw_log_outlet_create(fd);
        if (outlet->json != NULL) {
            outlet->json->is_json = 1;
            outlet->json->json_group = group != NULL ? strdup(group) : NULL;
        }
    }
}

void pyw_log_outlet_destroy(pyw_log_outlet *outlet, int wait_ms)
{
    if (outlet->json != NULL) {
        pyw_log_outlet_destroy(outlet->json, wait_ms);
        outlet->json = NULL;
    }
    pyw_log_outlet_flush(outlet);
    wait_for_room(outlet, wait_ms);
    pyw_log_outlet_flush(outlet);
    close_log(outlet, wait_ms);
    while (!STAILQ_EMPTY(&outlet->records)) {
        remove_first(outlet);
    }
    free(outlet->json_group);
    free(outlet);
}
