/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "socket_pair.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vectors.h"

enum { FDS_MAX = 32 };

int pyw_socket_pair_count_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

int pyw_socket_pair_open(void **state)
{
    pyw_socket_pair *pair = calloc(1, sizeof(*pair));
    int fds[2];

    assert_non_null(pair);
    pair->fds_before = pyw_socket_pair_count_fds();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    pair->channel = pyw_channel_create();
    assert_non_null(pair->channel);
    pyw_channel_open(pair->channel, fds[0]);
    pair->peer = fds[1];
    *state = pair;
    return 0;
}

int pyw_socket_pair_close(void **state)
{
    pyw_socket_pair *pair = *state;
    int left;

    pyw_channel_destroy(pair->channel);
    pyw_socket_pair_close_peer(pair);
    left = pyw_socket_pair_count_fds() - pair->fds_before;
    free(pair);
    if (left != 0) {
        fprintf(stderr, "%d descriptors are left open\n", left);
    }
    return left;
}

void pyw_socket_pair_close_peer(pyw_socket_pair *pair)
{
    if (pair->peer >= 0) {
        close(pair->peer);
        pair->peer = -1;
    }
}

pyw_channel *pyw_socket_pair_peer_channel(pyw_socket_pair *pair)
{
    pyw_channel *channel = pyw_channel_create();

    assert_non_null(channel);
    pyw_channel_open(channel, pair->peer);
    pair->peer = -1;
    return channel;
}

void pyw_socket_pair_write(pyw_socket_pair *pair, const void *bytes, size_t length)
{
    assert_int_equal(write(pair->peer, bytes, length), length);
}

void pyw_socket_pair_write_fds(pyw_socket_pair *pair, const void *bytes, size_t length, const int *fds, size_t count)
{
    union {
        const void *to_read;
        void *to_iovec;
    } data = {bytes};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control;
    struct iovec iov = {data.to_iovec, length};
    struct msghdr message = {0};

    assert_true(count <= FDS_MAX);
    memset(&control, 0, sizeof(control));
    control.align.cmsg_level = SOL_SOCKET;
    control.align.cmsg_type = SCM_RIGHTS;
    control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.align), fds, count * sizeof(int));
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    assert_int_equal(sendmsg(pair->peer, &message, 0), length);
}

void pyw_socket_pair_write_example(pyw_socket_pair *pair, const char *name)
{
    const pyw_vector *vector = pyw_vectors_find(name);

    pyw_socket_pair_write(pair, vector->bytes, vector->length);
}

void pyw_socket_pair_expect(pyw_channel *channel, pyw_frame_type type, const char *payload, size_t length)
{
    pyw_frame frame;

    assert_int_equal(pyw_channel_read(channel, &frame, 0), PYW_OK);
    assert_int_equal(frame.type, type);
    assert_int_equal(frame.length, length);
    if (length > 0) {
        assert_memory_equal(frame.payload, payload, length);
    }
}

int pyw_socket_pair_is_same_file(int one, int other)
{
    struct stat of_one;
    struct stat of_other;

    return fstat(one, &of_one) == 0 && fstat(other, &of_other) == 0 && of_one.st_dev == of_other.st_dev &&
           of_one.st_ino == of_other.st_ino;
}
