/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POLLRDHUP */
#endif
#include "wire/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire/outbox.h"
#include "wire/spill.h"
#include "wire/wait.h"

enum {
    INPUT_SIZE = 64 * 1024,  /* initial size of the input buffer */
    INPUT_KEEP = 256 * 1024, /* a larger buffer is freed when it is empty */
    AHEAD_SIZE = 64 * 1024,  /* bytes that read_ahead() receives at a time */
    AHEAD_FDS = 8,           /* it pauses while so many descriptors were not taken */
    AHEAD_LAST = 1 << 20     /* exceeds the socket's buffer: enough for all bytes that have arrived */
};

struct pyw_channel {
    int fd;
    pyw_result input_result; /* PYW_OK, or the result that ended reading for good */
    int has_lost_fd;         /* a received descriptor was lost: EMFILE */

    char *input;
    size_t input_size;
    size_t input_start; /* bytes in [start, end) are received, but not returned */
    size_t input_end;
    uint32_t data_remaining; /* of the current DATA frame */
    uint16_t data_flags;
    int fds[PYW_CHANNEL_FDS_MAX];
    int fd_count;

    pyw_spill ahead; /* the bytes that follow `input` */
    pyw_frame_scan scan;
    int is_scanned; /* `scan` has passed `input` and `ahead` */
    int is_ended;   /* ... and has found the end of the request */

    pyw_outbox outbox;
};

static size_t input_length(const pyw_channel *channel)
{
    return channel->input_end - channel->input_start;
}

pyw_channel *pyw_channel_create(void)
{
    pyw_channel *channel = calloc(1, sizeof(*channel));

    if (channel == NULL) {
        return NULL;
    }
    channel->fd = -1;
    return channel;
}

void pyw_channel_destroy(pyw_channel *channel)
{
    if (channel == NULL) {
        return;
    }
    pyw_channel_close(channel);
    free(channel->input);
    pyw_outbox_free(&channel->outbox);
    free(channel);
}

void pyw_channel_open(pyw_channel *channel, int fd)
{
    channel->fd = fd;
    channel->input_result = PYW_OK;
    channel->has_lost_fd = 0;
    channel->is_scanned = 0;
    channel->is_ended = 0;
    pyw_spill_clear(&channel->ahead); /* never reuse bytes of another connection */
    pyw_channel_set_ahead_limits(channel, 0, 0, NULL);
}

int pyw_channel_detach(pyw_channel *channel)
{
    int fd = channel->fd;

    if (input_length(channel) > 0 || channel->data_remaining > 0 || channel->fd_count > 0 ||
        !pyw_spill_is_empty(&channel->ahead) || channel->input_result != PYW_OK || channel->outbox.broken ||
        pyw_outbox_left(&channel->outbox) > 0) {
        return -1;
    }
    channel->fd = -1;
    pyw_outbox_clear(&channel->outbox);
    return fd;
}

int pyw_channel_fd(const pyw_channel *channel)
{
    return channel->fd;
}

static void drop_large_input(pyw_channel *channel)
{
    if (channel->input_size > INPUT_KEEP) {
        free(channel->input);
        channel->input = NULL;
        channel->input_size = 0;
    }
}

/*
 * Whether `input` has a frame that read() can return. PYW_OK, with the header unless a DATA frame is in progress;
 * PYW_AGAIN; PYW_MALFORMED. *wanted: the number of bytes that `input` needs before the next attempt.
 */
static pyw_result peek_header(const pyw_channel *channel, pyw_frame_header *header, size_t *wanted)
{
    pyw_result result;

    *wanted = 1;
    if (channel->data_remaining > 0) {
        return input_length(channel) > 0 ? PYW_OK : PYW_AGAIN;
    }
    *wanted = PYW_FRAME_HEADER_SIZE;
    if (input_length(channel) == 0) {
        return PYW_AGAIN;
    }
    result = pyw_frame_header_decode(header, channel->input + channel->input_start, input_length(channel));
    if (result != PYW_OK) {
        return result;
    }
    *wanted += header->type == PYW_FRAME_DATA ? 1 : header->length;
    return input_length(channel) >= *wanted ? PYW_OK : PYW_AGAIN;
}

static void return_data(pyw_channel *channel, pyw_frame *frame)
{
    size_t length = input_length(channel);

    if (length > channel->data_remaining) {
        length = channel->data_remaining;
    }
    channel->data_remaining -= (uint32_t)length;
    frame->type = PYW_FRAME_DATA;
    frame->flags = channel->data_remaining == 0 ? channel->data_flags : 0;
    frame->payload = channel->input + channel->input_start;
    frame->length = (uint32_t)length;
    frame->remaining = channel->data_remaining;
    channel->input_start += length;
}

static void return_frame(pyw_channel *channel, const pyw_frame_header *header, pyw_frame *frame)
{
    channel->input_start += PYW_FRAME_HEADER_SIZE;
    frame->type = header->type;
    frame->flags = header->flags;
    frame->payload = channel->input + channel->input_start;
    frame->length = header->length;
    frame->remaining = 0;
    channel->input_start += header->length;
}

/* Without a system call. */
static pyw_result next_frame(pyw_channel *channel, pyw_frame *frame, size_t *wanted)
{
    pyw_frame_header header;
    pyw_result result = peek_header(channel, &header, wanted);

    if (result != PYW_OK) {
        return result;
    }
    if (channel->data_remaining == 0 && header.type != PYW_FRAME_DATA) {
        return_frame(channel, &header, frame);
        return PYW_OK;
    }
    if (channel->data_remaining == 0) {
        channel->input_start += PYW_FRAME_HEADER_SIZE;
        channel->data_remaining = header.length;
        channel->data_flags = header.flags;
    }
    return_data(channel, frame);
    return PYW_OK;
}

/*
 * Makes room for up to `wanted` bytes. The buffer grows with received bytes, not with the length in a header. 0: no
 * memory.
 */
static int make_room(pyw_channel *channel, size_t wanted)
{
    size_t length = input_length(channel);
    size_t size = channel->input_size * 2;
    char *input;

    if (length == 0) {
        drop_large_input(channel);
    }
    else if (channel->input_start > 0) {
        memmove(channel->input, channel->input + channel->input_start, length);
    }
    channel->input_start = 0;
    channel->input_end = length;
    if (channel->input_size > length) {
        return 1;
    }
    if (channel->input_size == 0) {
        size = INPUT_SIZE;
    }
    else if (size > wanted) {
        size = wanted;
    }
    input = realloc(channel->input, size);
    if (input == NULL) {
        return 0;
    }
    channel->input = input;
    channel->input_size = size;
    return 1;
}

static pyw_result store_fd(pyw_channel *channel, int fd)
{
    if (channel->fd_count == PYW_CHANNEL_FDS_MAX) {
        close(fd);
        return PYW_MALFORMED;
    }
    channel->fds[channel->fd_count++] = fd;
    return PYW_OK;
}

/* Stores or closes each descriptor, even if the message is malformed. */
static pyw_result store_fds(pyw_channel *channel, struct msghdr *message)
{
    pyw_result result = message->msg_flags & MSG_CTRUNC ? PYW_MALFORMED : PYW_OK;

    channel->has_lost_fd |= result == PYW_MALFORMED;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
            if (store_fd(channel, fd) != PYW_OK) {
                result = PYW_MALFORMED;
            }
        }
    }
    return result;
}

static pyw_result receive_into(pyw_channel *channel, char *to, size_t size, size_t *length)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(PYW_CHANNEL_FDS_MAX * sizeof(int))];
    } control;
    struct msghdr message = {0};
    struct iovec room = {to, size};
    ssize_t got;

    *length = 0;
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof(control.bytes);
    do {
        got = recvmsg(channel->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return pyw_wait_result();
    }
    if (got == 0) {
        return input_length(channel) == 0 && channel->data_remaining == 0 ? PYW_EOF : PYW_GONE;
    }
    *length = (size_t)got;
    return store_fds(channel, &message);
}

/* Adds bytes to `input`: bytes read ahead, or if there are none, bytes of the socket. */
static pyw_result receive_bytes(pyw_channel *channel, size_t wanted)
{
    pyw_result result = PYW_OK;
    size_t length = 0;
    ssize_t taken;

    if (!make_room(channel, wanted)) {
        errno = ENOMEM;
        return PYW_FAILED;
    }
    if (pyw_spill_is_empty(&channel->ahead)) {
        channel->is_scanned = 0;
        result = receive_into(channel, channel->input + channel->input_end, channel->input_size - channel->input_end,
                              &length);
    }
    else {
        taken = pyw_spill_take(&channel->ahead, channel->input + channel->input_end,
                               channel->input_size - channel->input_end);
        result = taken < 0 ? PYW_FAILED : PYW_OK;
        length = taken < 0 ? 0 : (size_t)taken;
    }
    channel->input_end += length;
    return result;
}

static void close_fds(pyw_channel *channel)
{
    while (channel->fd_count > 0) {
        close(channel->fds[--channel->fd_count]);
    }
}

/* Records a fatal result, so that a further read() does not return bytes that follow a broken frame. */
static pyw_result end_of_input(pyw_channel *channel, pyw_result result)
{
    if (result == PYW_MALFORMED || result == PYW_GONE) {
        channel->input_result = result;
    }
    if (result == PYW_MALFORMED) {
        close_fds(channel);
    }
    return result;
}

pyw_result pyw_channel_read(pyw_channel *channel, pyw_frame *frame, int timeout_ms)
{
    int64_t deadline = -1;

    if (channel->input_result != PYW_OK) {
        return channel->input_result;
    }
    for (;;) {
        size_t wanted;
        pyw_result result = next_frame(channel, frame, &wanted);

        if (result != PYW_AGAIN) {
            return end_of_input(channel, result);
        }
        result = receive_bytes(channel, wanted);
        if (result == PYW_OK) {
            continue;
        }
        if (result != PYW_AGAIN || timeout_ms == 0) {
            return end_of_input(channel, result);
        }
        if (deadline < 0) {
            deadline = pyw_wait_deadline(timeout_ms);
        }
        result = pyw_wait(channel->fd, POLLIN, deadline);
        if (result != PYW_OK) {
            return result;
        }
    }
}

void pyw_channel_set_ahead_limits(pyw_channel *channel, size_t memory_limit, uint64_t file_limit, const char *directory)
{
    channel->ahead.memory_limit = memory_limit;
    channel->ahead.file_limit = file_limit;
    channel->ahead.directory = directory;
}

/* Starts at the position of read(). */
static pyw_result begin_scan(pyw_channel *channel)
{
    memset(&channel->scan, 0, sizeof(channel->scan));
    channel->scan.skip = channel->data_remaining;
    channel->scan.is_last = channel->data_remaining > 0 && pyw_frame_ends_body(PYW_FRAME_DATA, channel->data_flags);
    channel->is_scanned = 1;
    return pyw_frame_scan_bytes(&channel->scan, channel->input + channel->input_start, input_length(channel));
}

/* PYW_OK, PYW_AGAIN, or PYW_EOF. */
static pyw_result receive_ahead(pyw_channel *channel)
{
    uint64_t room = pyw_spill_room(&channel->ahead);
    char bytes[AHEAD_SIZE];
    size_t length;
    pyw_result result = receive_into(channel, bytes, room < sizeof(bytes) ? (size_t)room : sizeof(bytes), &length);

    if (result == PYW_MALFORMED || (length > 0 && !pyw_spill_put(&channel->ahead, bytes, length))) {
        /* Bytes or a descriptor are lost, so the next bytes would be misread. */
        channel->input_result = PYW_MALFORMED;
        return PYW_EOF;
    }
    if (result != PYW_OK) {
        return result == PYW_AGAIN ? PYW_AGAIN : PYW_EOF;
    }
    return pyw_frame_scan_bytes(&channel->scan, bytes, length) == PYW_AGAIN ? PYW_OK : PYW_EOF;
}

pyw_result pyw_channel_read_ahead(pyw_channel *channel)
{
    pyw_result result = PYW_EOF;

    if (channel->is_ended || channel->input_result != PYW_OK) {
        return PYW_EOF;
    }
    if (channel->is_scanned || begin_scan(channel) == PYW_AGAIN) {
        int has_room = pyw_spill_room(&channel->ahead) > 0 && channel->fd_count < AHEAD_FDS;

        result = has_room ? receive_ahead(channel) : PYW_FAILED;
    }
    channel->is_ended = result == PYW_EOF;
    return result;
}

static void read_all_ahead(pyw_channel *channel)
{
    pyw_result result;

    if (!channel->is_ended) {
        pyw_spill_extend(&channel->ahead, AHEAD_LAST);
    }
    do {
        result = pyw_channel_read_ahead(channel);
    } while (result == PYW_OK);
}

int pyw_channel_find_end(pyw_channel *channel)
{
    read_all_ahead(channel);
    return channel->is_ended && channel->scan.end_type == PYW_FRAME_END;
}

int pyw_channel_is_complete(pyw_channel *channel)
{
    const pyw_frame_scan *scan = &channel->scan;

    if (pyw_channel_find_end(channel)) {
        return 1;
    }
    return channel->is_scanned && scan->is_last && (scan->skip == 0 || scan->end_type != 0);
}

int pyw_channel_ahead_error(const pyw_channel *channel)
{
    return channel->ahead.error;
}

int pyw_channel_has_input(const pyw_channel *channel)
{
    pyw_frame_header header;
    size_t wanted;

    return !pyw_spill_is_empty(&channel->ahead) || channel->input_result != PYW_OK ||
           peek_header(channel, &header, &wanted) != PYW_AGAIN;
}

int pyw_channel_take_fd(pyw_channel *channel)
{
    int fd = -1;

    if (channel->fd_count > 0) {
        fd = channel->fds[0];
        channel->fd_count--;
        memmove(channel->fds, channel->fds + 1, (size_t)channel->fd_count * sizeof(int));
    }
    return fd;
}

void pyw_channel_queue(pyw_channel *channel, pyw_frame_type type, uint16_t flags, const void *payload, size_t length,
                       int fd)
{
    pyw_outbox_queue(&channel->outbox, type, flags, payload, length, fd);
}

void pyw_channel_keep_secret(pyw_channel *channel)
{
    channel->outbox.backlog.is_secret = 1;
}

pyw_result pyw_channel_send(pyw_channel *channel, int timeout_ms)
{
    return pyw_outbox_send(&channel->outbox, channel->fd, timeout_ms);
}

int pyw_channel_has_output(const pyw_channel *channel)
{
    return pyw_outbox_left(&channel->outbox) > 0;
}

int pyw_channel_has_lost_fd(const pyw_channel *channel)
{
    return channel->has_lost_fd;
}

int pyw_channel_take_end(pyw_channel *channel)
{
    pyw_frame_header header;
    size_t wanted;

    if (channel->data_remaining > 0 || peek_header(channel, &header, &wanted) != PYW_OK ||
        header.type != PYW_FRAME_END) {
        return 0;
    }
    channel->input_start += PYW_FRAME_HEADER_SIZE;
    return 1;
}

static int has_events(const pyw_channel *channel, short events)
{
    struct pollfd poll_fd = {channel->fd, events, 0};

    if (channel->fd < 0) {
        return 1;
    }
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (events | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

int pyw_channel_peer_spoke(const pyw_channel *channel)
{
    return channel->input_end > channel->input_start || has_events(channel, POLLIN);
}

int pyw_channel_peer_gone(const pyw_channel *channel)
{
    return has_events(channel, POLLRDHUP);
}

void pyw_channel_hang_up(pyw_channel *channel)
{
    if (channel->fd >= 0) {
        shutdown(channel->fd, SHUT_RDWR);
    }
    pyw_channel_close(channel);
}

void pyw_channel_close(pyw_channel *channel)
{
    if (channel->fd >= 0) {
        close(channel->fd);
        channel->fd = -1;
    }
    close_fds(channel);
    channel->input_start = 0;
    channel->input_end = 0;
    channel->data_remaining = 0;
    channel->is_scanned = 0;
    channel->is_ended = 0;
    pyw_spill_clear(&channel->ahead);
    pyw_channel_set_ahead_limits(channel, 0, 0, NULL);
    drop_large_input(channel);
    pyw_outbox_clear(&channel->outbox);
}
