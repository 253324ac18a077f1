/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall */
#endif
#include "worker/log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log/pipe.h"
#include "worker/heritage.h"

enum { ROOM_MS = 1000 }; /* how long a record waits until the manager reads */

static struct {
    dev_t device; /* identifies the pipe: an application may close all descriptors, and open others with the same
                     numbers */
    ino_t inode;
    atomic_int is_stalled; /* records do not wait any more, until a write succeeds */
    atomic_uint dropped;
} records;

static __thread int is_incomplete; /* the last line of this thread was marked as incomplete */

void pyw_worker_log_open(void)
{
    struct stat pipe = {0};

    (void)fstat(PYW_HERITAGE_RECORDS, &pipe);
    records.device = pipe.st_dev;
    records.inode = pipe.st_ino;
}

static int is_open(void)
{
    struct stat now;

    return fstat(PYW_HERITAGE_RECORDS, &now) == 0 && now.st_dev == records.device && now.st_ino == records.inode;
}

static int wait_for_room(void)
{
    struct pollfd item = {PYW_HERITAGE_RECORDS, POLLOUT, 0};

    return poll(&item, 1, ROOM_MS) > 0 || errno == EINTR;
}

/* A line of up to PIPE_BUF bytes is written as a whole or not at all. 0: the pipe was full. */
static int write_whole(const char *line, size_t length)
{
    while (write(PYW_HERITAGE_RECORDS, line, length) < 0) {
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN || atomic_load(&records.is_stalled) || !wait_for_room()) {
            atomic_store(&records.is_stalled, 1);
            return 0;
        }
    }
    atomic_store(&records.is_stalled, 0);
    return 1;
}

static int write_lines(pyw_log_level level, const char *text, size_t length)
{
    char line[PYW_LOG_PIPE_MOST];
    long tid = syscall(SYS_gettid);

    do {
        size_t taken;
        size_t used = pyw_log_pipe_encode(line, level, tid, text, length, &taken);

        if (!write_whole(line, used)) {
            return 0;
        }
        text += taken;
        length -= taken;
        is_incomplete = length > 0;
    } while (length > 0);
    return 1;
}

/* If the end of the previous record was dropped, its lines would continue in this record: an empty line ends it. */
static int write_record(pyw_log_level level, const char *text, size_t length)
{
    return (!is_incomplete || write_lines(level, "", 0)) && write_lines(level, text, length);
}

static void report_dropped(void)
{
    unsigned dropped = atomic_exchange(&records.dropped, 0);
    char text[120];
    int length =
        snprintf(text, sizeof(text),
                 PYWNO(0485) "%u records of this process were dropped, because the manager did not read them", dropped);

    if (dropped > 0 && !write_record(PYW_LOG_WARNING, text, (size_t)length)) {
        atomic_fetch_add(&records.dropped, dropped);
    }
}

/* In a forked process that has closed the descriptor: writes a raw line to standard error. */
static void write_raw(const char *text, size_t length)
{
    char line[PYW_LOG_PIPE_MOST];
    size_t used = pyw_log_escape(line, sizeof(line), text, length);

    line[used++] = '\n';
    (void)!write(PYW_HERITAGE_LOG, line, used);
}

void pyw_worker_log_sink(void *unused, pyw_log_level level, const char *text, size_t length)
{
    int error = errno;

    (void)unused;
    if (!is_open()) {
        write_raw(text, length);
    }
    else {
        if (atomic_load(&records.dropped) > 0) {
            report_dropped();
        }
        if (!write_record(level, text, length)) {
            atomic_fetch_add(&records.dropped, 1);
        }
    }
    errno = error;
}
