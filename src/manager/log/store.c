/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "manager/log/store.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TIDY_FROM = 32 };

/* All messages have this size, so that message boundaries in a stream are known. */
typedef struct message {
    int64_t pid;
    char group[PYW_LOG_STORE_NAME];
} message;

typedef union one_descriptor {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
} one_descriptor;

void pyw_log_store_init(pyw_log_store *store)
{
    *store = (pyw_log_store){{-1, -1}, 0, 1};
}

static int is_same_pipe(int one, int other)
{
    struct stat a, b;

    return one >= 0 && fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void pyw_log_store_take(pyw_log_store *store, unsigned end, int fd)
{
    if (fd < 0 || end > 1 || is_same_pipe(store->ends[end], fd)) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    if (store->ends[end] >= 0) {
        close(store->ends[end]);
    }
    store->ends[end] = fd;
    store->count = 0;
    store->round++;
}

int pyw_log_store_put(pyw_log_store *store, int fd, pid_t pid, const char *group)
{
    message content = {.pid = pid};
    one_descriptor control = {0};
    struct iovec part = {&content, sizeof(content)};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *descriptor = CMSG_FIRSTHDR(&header);

    strncpy(content.group, group, sizeof(content.group) - 1);
    descriptor->cmsg_level = SOL_SOCKET;
    descriptor->cmsg_type = SCM_RIGHTS;
    descriptor->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(descriptor), &fd, sizeof(fd));
    if (store->ends[0] < 0 || sendmsg(store->ends[0], &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        return 0;
    }
    store->count++;
    return 1;
}

static void begin_round(pyw_log_store *store)
{
    store->count = 0;
    store->round++;
}

int pyw_log_store_get(pyw_log_store *store, pid_t *pid, char group[PYW_LOG_STORE_NAME])
{
    message content;
    one_descriptor control;
    struct iovec part = {&content, sizeof(content)};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *descriptor;
    int fd = -1;

    if (store->ends[1] < 0 ||
        recvmsg(store->ends[1], &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(content)) {
        begin_round(store);
        return -1;
    }
    descriptor = CMSG_FIRSTHDR(&header);
    if (descriptor != NULL && descriptor->cmsg_type == SCM_RIGHTS) {
        memcpy(&fd, CMSG_DATA(descriptor), sizeof(fd));
    }
    content.group[sizeof(content.group) - 1] = '\0';
    memcpy(group, content.group, sizeof(content.group));
    *pid = (pid_t)content.pid;
    return fd;
}

void pyw_log_store_tidy(pyw_log_store *store, unsigned alive)
{
    char group[PYW_LOG_STORE_NAME];
    pid_t pid;
    int fd;

    if (store->count < TIDY_FROM || store->count < 2 * alive) {
        return;
    }
    while ((fd = pyw_log_store_get(store, &pid, group)) >= 0) {
        close(fd);
    }
}
