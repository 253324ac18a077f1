/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the reader of a channel. The input is a series of writes: a byte that says how many bytes follow
 * (its low 6 bits times 4, plus 1), whether a descriptor goes along (0x40) and whether the channel is read before the
 * next write (0x80); then those bytes. At the end the peer closes. The target checks the promises of wire/channel.h for
 * every frame, that the reader ends, and that no descriptor is lost.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "any_message.h"
#include "checks.h"
#include "wire/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LENGTH_BITS = 0x3f, WITH_FD = 0x40, READ_AFTER = 0x80 };

static void send_piece(int fd, const uint8_t *bytes, size_t length, int with_fd)
{
    union {
        const uint8_t *to_read;
        void *to_iovec;
    } data = {bytes};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {data.to_iovec, length};
    struct msghdr message = {0};
    const int passed = 0;

    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    if (with_fd) {
        memset(&control, 0, sizeof(control));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.align), &passed, sizeof(int));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
    }
    /* A reader that has failed no longer empties the socket: drop these bytes when it is full. */
    (void)!sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void check_frame(const pyw_frame *frame)
{
    const pyw_frame_header header = {frame->type, frame->flags, frame->length};

    pyw_must(pyw_frame_header_is_valid(&header));
    pyw_must(frame->type == PYW_FRAME_DATA || frame->remaining == 0);
    pyw_must(frame->remaining < PYW_LIMIT_DATA);
    pyw_must(frame->remaining == 0 || frame->flags == 0);
    pyw_any_message_decode(&header, frame->payload, frame->length);
}

/* Reads all available frames. Takes the descriptor of some of them. */
static pyw_result read_all(pyw_channel *channel)
{
    pyw_frame frame;
    pyw_result result = pyw_channel_read(channel, &frame, 0);

    while (result == PYW_OK) {
        check_frame(&frame);
        if (frame.type == PYW_FRAME_FILE || frame.type == PYW_FRAME_HAND) {
            int fd = pyw_channel_take_fd(channel);

            pyw_must(fd == -1 || close(fd) == 0);
        }
        result = pyw_channel_read(channel, &frame, 0);
    }
    pyw_must(result == PYW_AGAIN || !pyw_channel_has_input(channel) || result == PYW_MALFORMED || result == PYW_GONE);
    return result;
}

static void play(pyw_channel *channel, int peer, const uint8_t *data, size_t size)
{
    while (size > 1) {
        uint8_t how = *data++;
        size_t length = (size_t)(how & LENGTH_BITS) * 4 + 1;

        size--;
        length = length < size ? length : size;
        send_piece(peer, data, length, how & WITH_FD);
        data += length;
        size -= length;
        if (how & READ_AFTER) {
            read_all(channel);
        }
    }
}

static int next_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int before = next_fd();
    pyw_channel *channel = pyw_channel_create();
    int fds[2];
    pyw_result result;

    pyw_must(channel != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    pyw_channel_open(channel, fds[0]);
    play(channel, fds[1], data, size);
    close(fds[1]);
    result = read_all(channel);
    pyw_must(result == PYW_EOF || result == PYW_GONE || result == PYW_MALFORMED);
    pyw_must(read_all(channel) == result);
    pyw_channel_destroy(channel);
    pyw_must(next_fd() == before);
    return 0;
}
