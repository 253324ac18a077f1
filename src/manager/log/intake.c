/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include "manager/log/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log/pipe.h"
#include "manager/poll_list.h"

enum {
    CHUNK = 64 * 1024, /* the capacity of a pipe, so that a worker with much output does not delay the others */
    LAST =
        2 * 1024 *
        1024, /* more than the maximum capacity of a pipe; further output comes from a program that is still running */
    FOR_ALL =
        0666 /* lets the application open /dev/stderr; other users that can reach it may debug the worker anyway */
};

struct pyw_log_intake {
    LIST_ENTRY(pyw_log_intake) next;
    int fd;
    pid_t pid;
    unsigned stored; /* the round of the store that contains it; 0: none */
    pyw_log_pipe lines;
};

pyw_log_intake *pyw_log_intake_adopt(int fd)
{
    pyw_log_intake *intake = calloc(1, sizeof(*intake));

    if (intake == NULL) {
        close(fd);
        return NULL;
    }
    intake->fd = fd;
    return intake;
}

static int open_both_ways(int fd, int flags)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_RDWR | O_CLOEXEC | flags);
}

static void close_open(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

/* The reading end has its own flags, which the worker cannot change. */
pyw_log_intake *pyw_log_intake_create(int *output, int *records)
{
    pyw_log_intake *intake = NULL;
    int ends[2];
    int error;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return NULL;
    }
    fchmod(ends[1], FOR_ALL);
    *output = open_both_ways(ends[1], 0);
    *records = open_both_ways(ends[1], O_NONBLOCK);
    error = errno;
    close(ends[1]);
    if (*output >= 0 && *records >= 0) {
        intake = pyw_log_intake_adopt(ends[0]);
        error = ENOMEM;
    }
    else {
        close(ends[0]);
    }
    if (intake == NULL) {
        close_open(*output);
        close_open(*records);
        *output = *records = -1;
    }
    errno = error;
    return intake;
}

void pyw_log_intake_free(pyw_log_intake *intake)
{
    if (intake != NULL) {
        close(intake->fd);
        free(intake);
    }
}

void pyw_log_intake_add(pyw_log_intake_list *list, pyw_log_intake *intake, pid_t pid)
{
    intake->pid = pid;
    LIST_INSERT_HEAD(list, intake, next);
}

void pyw_log_intake_join(pyw_log_intake_list *list, pyw_log_intake_list *from)
{
    while (!LIST_EMPTY(from)) {
        pyw_log_intake *intake = LIST_FIRST(from);

        LIST_REMOVE(intake, next);
        LIST_INSERT_HEAD(list, intake, next);
    }
}

typedef struct destination {
    pyw_log_outlet *log;
    pid_t pid;
} destination;

/* Raw lines have no thread id: log them as the worker's main thread. */
static void write_to_outlet(void *baton, pyw_log_level level, long tid, const char *text, size_t length)
{
    const destination *to = baton;
    const pyw_log_origin origin = {level, (long)to->pid, tid > 0 ? tid : (long)to->pid};

    pyw_log_outlet_write(to->log, &origin, text, length);
}

/* -1: end of file; 0: no data now. */
static ssize_t read_some(pyw_log_intake *intake, pyw_log_outlet *log)
{
    destination to = {log, intake->pid};
    char data[CHUNK];
    ssize_t length = read(intake->fd, data, sizeof(data));

    if (length > 0) {
        pyw_log_pipe_take(&intake->lines, data, (size_t)length, write_to_outlet, &to);
        return length;
    }
    return length < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void write_incomplete(pyw_log_intake *intake, pyw_log_outlet *log)
{
    destination to = {log, intake->pid};

    pyw_log_pipe_end(&intake->lines, write_to_outlet, &to);
}

void pyw_log_intake_read(pyw_log_intake_list *list, pyw_log_outlet *log)
{
    for (pyw_log_intake *intake = LIST_FIRST(list), *next; intake != NULL; intake = next) {
        next = LIST_NEXT(intake, next);
        if (read_some(intake, log) < 0) {
            write_incomplete(intake, log);
            LIST_REMOVE(intake, next);
            pyw_log_intake_free(intake);
        }
    }
}

unsigned pyw_log_intake_store(pyw_log_intake_list *list, pyw_log_store *store, const char *group)
{
    pyw_log_intake *intake;
    unsigned count = 0;

    LIST_FOREACH (intake, list, next) {
        count++;
        if (intake->stored != store->round && pyw_log_store_put(store, intake->fd, intake->pid, group)) {
            intake->stored = store->round;
        }
    }
    return count;
}

void pyw_log_intake_read_last(pyw_log_intake_list *list, pid_t pid, pyw_log_outlet *log)
{
    pyw_log_intake *intake;

    LIST_FOREACH (intake, list, next) {
        ssize_t length = 1;

        for (size_t sum = 0; intake->pid == pid && length > 0 && sum < LAST; sum += (size_t)length) {
            length = read_some(intake, log);
            if (length < 0) {
                write_incomplete(intake, log);
                break;
            }
        }
    }
}

int pyw_log_intake_take(pyw_log_intake_list *list, pid_t *pid, pyw_log_outlet *log)
{
    pyw_log_intake *intake = LIST_FIRST(list);
    int fd;

    if (intake == NULL) {
        return -1;
    }
    write_incomplete(intake, log);
    fd = intake->fd;
    *pid = intake->pid;
    LIST_REMOVE(intake, next);
    free(intake);
    return fd;
}

void pyw_log_intake_collect(const pyw_log_intake_list *list, apr_array_header_t *fds)
{
    const pyw_log_intake *intake;

    LIST_FOREACH (intake, list, next) {
        pyw_poll_list_add(fds, intake->fd, POLLIN);
    }
}
