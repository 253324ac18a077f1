/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire/wait.h"

enum {
    IOV_FRAMES = 64,           /* frames in one sendmsg(2) */
    QUEUE_KEEP = 256,          /* frames whose memory is kept */
    BACKLOG_KEEP = 256 * 1024, /* bytes likewise */
    FD_LEAST = 3               /* a copied descriptor must not become 0, 1 or 2 */
};

static void queue_frame(pyw_outbox *outbox, const pyw_frame_header *header, const void *payload, int fd)
{
    pyw_outbox_frame *frame;

    if (!pyw_frame_header_is_valid(header)) {
        outbox->queue_error = EMSGSIZE;
        return;
    }
    if (outbox->count == outbox->size) {
        size_t size = outbox->size ? outbox->size * 2 : 16;

        frame = reallocarray(outbox->queue, size, sizeof(*frame));
        if (frame == NULL) {
            outbox->queue_error = ENOMEM;
            return;
        }
        outbox->queue = frame;
        outbox->size = size;
    }
    frame = &outbox->queue[outbox->count++];
    pyw_frame_header_encode(frame->header, header);
    frame->payload = payload;
    frame->length = header->length;
    frame->fd = fd;
}

void pyw_outbox_queue(pyw_outbox *outbox, pyw_frame_type type, uint16_t flags, const void *payload, size_t length,
                      int fd)
{
    const char *bytes = payload;

    while (type == PYW_FRAME_DATA && length > PYW_LIMIT_DATA) {
        queue_frame(outbox, &(pyw_frame_header){PYW_FRAME_DATA, 0, PYW_LIMIT_DATA}, bytes, fd);
        bytes += PYW_LIMIT_DATA;
        length -= PYW_LIMIT_DATA;
        fd = -1;
    }
    if (length > UINT32_MAX) {
        outbox->queue_error = EMSGSIZE;
        return;
    }
    if (type != PYW_FRAME_DATA || length > 0) {
        queue_frame(outbox, &(pyw_frame_header){(uint8_t)type, flags, (uint32_t)length}, bytes, fd);
    }
}

static void drop_queue(pyw_outbox *outbox)
{
    outbox->count = 0;
    outbox->queue_error = 0;
    if (outbox->size > QUEUE_KEEP) {
        free(outbox->queue);
        outbox->queue = NULL;
        outbox->size = 0;
    }
}

/* One sendmsg(2); `fd` travels with its first byte. */
static pyw_result send_bytes(int socket, struct iovec *iov, size_t count, int fd, size_t *sent)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {0};
    ssize_t rv;

    message.msg_iov = iov;
    message.msg_iovlen = count;
    if (fd >= 0) {
        memset(&control, 0, sizeof(control));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.align), &fd, sizeof(int));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
    }
    do {
        rv = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (rv < 0 && errno == EINTR);
    *sent = rv > 0 ? (size_t)rv : 0;
    return rv >= 0 ? PYW_OK : pyw_wait_result();
}

/*
 * The position of send() in the queue: `offset` is the number of bytes of the frame, header included, that were sent.
 */
typedef struct progress {
    size_t frame;
    size_t offset;
} progress;

static void advance(pyw_outbox *outbox, progress *at, size_t sent)
{
    while (sent > 0) {
        pyw_outbox_frame *frame = &outbox->queue[at->frame];
        size_t left = PYW_FRAME_HEADER_SIZE + frame->length - at->offset;

        frame->fd = -1;
        if (sent < left) {
            at->offset += sent;
            return;
        }
        sent -= left;
        at->frame++;
        at->offset = 0;
    }
}

static size_t add_frame(struct iovec *iov, pyw_outbox_frame *frame, size_t offset)
{
    size_t count = 0;
    size_t skip = offset > PYW_FRAME_HEADER_SIZE ? offset - PYW_FRAME_HEADER_SIZE : 0;

    if (offset < PYW_FRAME_HEADER_SIZE) {
        iov[count].iov_base = frame->header + offset;
        iov[count++].iov_len = PYW_FRAME_HEADER_SIZE - offset;
    }
    if (frame->length > skip) {
        union {
            const void *to_read;
            void *to_iovec;
        } payload = {frame->payload};

        iov[count].iov_base = (char *)payload.to_iovec + skip;
        iov[count++].iov_len = frame->length - skip;
    }
    return count;
}

/* Sends as many frames as one call can: up to the next frame with a descriptor. */
static pyw_result send_some(pyw_outbox *outbox, int socket, progress *at)
{
    struct iovec iov[2 * IOV_FRAMES];
    size_t count = 0;
    size_t sent;
    pyw_result result;

    for (size_t i = at->frame; i < outbox->count && i < at->frame + IOV_FRAMES; i++) {
        if (i > at->frame && outbox->queue[i].fd >= 0) {
            break;
        }
        count += add_frame(iov + count, &outbox->queue[i], i == at->frame ? at->offset : 0);
    }
    result = send_bytes(socket, iov, count, outbox->queue[at->frame].fd, &sent);
    advance(outbox, at, sent);
    return result;
}

static pyw_result send_queue(pyw_outbox *outbox, int socket, progress *at, int timeout_ms)
{
    while (at->frame < outbox->count) {
        pyw_result result = send_some(outbox, socket, at);

        if (result == PYW_AGAIN && timeout_ms != 0) {
            result = pyw_wait(socket, POLLOUT, pyw_wait_deadline(timeout_ms));
        }
        if (result != PYW_OK) {
            return result;
        }
    }
    return PYW_OK;
}

size_t pyw_outbox_left(const pyw_outbox *outbox)
{
    return outbox->backlog.length - outbox->backlog_sent;
}

static void drop_backlog(pyw_outbox *outbox)
{
    while (outbox->fds_next < outbox->fds_count) {
        close(outbox->fds[outbox->fds_next++].fd);
    }
    outbox->fds_count = 0;
    outbox->fds_next = 0;
    outbox->backlog_sent = 0;
    pyw_buffer_reset(&outbox->backlog, BACKLOG_KEEP);
}

static pyw_result send_some_backlog(pyw_outbox *outbox, int socket)
{
    struct iovec iov = {outbox->backlog.data + outbox->backlog_sent, pyw_outbox_left(outbox)};
    pyw_outbox_fd *next = outbox->fds + outbox->fds_next;
    pyw_outbox_fd *end = outbox->fds + outbox->fds_count;
    pyw_outbox_fd *now = NULL;
    size_t sent;
    pyw_result result;

    if (next < end && next->position == outbox->backlog_sent) {
        now = next++;
    }
    if (next < end) {
        iov.iov_len = next->position - outbox->backlog_sent;
    }
    result = send_bytes(socket, &iov, 1, now != NULL ? now->fd : -1, &sent);
    if (now != NULL && sent > 0) {
        close(now->fd);
        outbox->fds_next++;
    }
    outbox->backlog_sent += sent;
    return result;
}

static pyw_result send_backlog(pyw_outbox *outbox, int socket, int timeout_ms)
{
    size_t before = pyw_outbox_left(outbox);

    while (pyw_outbox_left(outbox) > 0) {
        pyw_result result = send_some_backlog(outbox, socket);

        if (result == PYW_AGAIN && timeout_ms != 0) {
            result = pyw_wait(socket, POLLOUT, pyw_wait_deadline(timeout_ms));
        }
        if (result == PYW_AGAIN && outbox->count == 0 && pyw_outbox_left(outbox) < before) {
            return PYW_OK;
        }
        if (result != PYW_OK) {
            return result;
        }
    }
    drop_backlog(outbox);
    return PYW_OK;
}

/* 0 with errno: no memory or no descriptor. */
static int copy_fd(pyw_outbox *outbox, int fd)
{
    pyw_outbox_fd *fds = reallocarray(outbox->fds, outbox->fds_count + 1, sizeof(*fds));
    int own;

    if (fds == NULL) {
        return 0;
    }
    outbox->fds = fds;
    own = fcntl(fd, F_DUPFD_CLOEXEC, FD_LEAST);
    if (own < 0) {
        return 0;
    }
    fds[outbox->fds_count].position = outbox->backlog.length;
    fds[outbox->fds_count++].fd = own;
    return 1;
}

/* Copies the rest of the queue to the backlog, which is empty. */
static pyw_result copy_queue(pyw_outbox *outbox, progress *at)
{
    for (; at->frame < outbox->count; at->frame++, at->offset = 0) {
        pyw_outbox_frame *frame = &outbox->queue[at->frame];
        struct iovec iov[2];
        size_t count = add_frame(iov, frame, at->offset);

        if (frame->fd >= 0 && !copy_fd(outbox, frame->fd)) {
            return PYW_FAILED;
        }
        for (size_t i = 0; i < count; i++) {
            pyw_buffer_append(&outbox->backlog, iov[i].iov_base, iov[i].iov_len);
        }
    }
    if (outbox->backlog.failed) {
        errno = ENOMEM;
        return PYW_FAILED;
    }
    return PYW_OK;
}

static pyw_result send_all(pyw_outbox *outbox, int socket, int timeout_ms)
{
    progress at = {0, 0};
    pyw_result result = send_backlog(outbox, socket, timeout_ms);

    if (result != PYW_OK) {
        return result;
    }
    result = send_queue(outbox, socket, &at, timeout_ms);
    if (result == PYW_OK || (at.frame == 0 && at.offset == 0)) {
        return result;
    }
    if (result == PYW_AGAIN) {
        result = copy_queue(outbox, &at);
    }
    outbox->broken = result != PYW_OK;
    return result;
}

pyw_result pyw_outbox_send(pyw_outbox *outbox, int socket, int timeout_ms)
{
    pyw_result result = PYW_FAILED;
    int error = outbox->queue_error;

    if (outbox->broken) {
        result = PYW_GONE;
    }
    else if (error == 0) {
        result = send_all(outbox, socket, timeout_ms);
        error = errno;
    }
    drop_queue(outbox);
    errno = error;
    return result;
}

void pyw_outbox_clear(pyw_outbox *outbox)
{
    drop_queue(outbox);
    drop_backlog(outbox);
    outbox->broken = 0;
}

void pyw_outbox_free(pyw_outbox *outbox)
{
    pyw_outbox_clear(outbox);
    free(outbox->queue);
    free(outbox->fds);
    pyw_buffer_free(&outbox->backlog);
    memset(outbox, 0, sizeof(*outbox));
}
