/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SOCKET_PAIR_H
#define PYW_SOCKET_PAIR_H

/* A channel, and the other end of its connection as a bare socket: the fixture of the channel's tests. */

#include "wire/channel.h"

typedef struct pyw_socket_pair {
    pyw_channel *channel;
    int peer; /* -1 once a test has closed it */
    int fds_before;
} pyw_socket_pair;

/* cmocka's set-up and tear-down; *state is a pyw_socket_pair. The tear-down fails if a descriptor is left open. */
int pyw_socket_pair_open(void **state);
int pyw_socket_pair_close(void **state);

/* A channel on the peer's end, which the test must destroy; `peer` becomes -1. */
pyw_channel *pyw_socket_pair_peer_channel(pyw_socket_pair *pair);

void pyw_socket_pair_close_peer(pyw_socket_pair *pair);

/* Sends all bytes from the peer to the channel, with `count` descriptors at the first byte. */
void pyw_socket_pair_write(pyw_socket_pair *pair, const void *bytes, size_t length);
void pyw_socket_pair_write_fds(pyw_socket_pair *pair, const void *bytes, size_t length, const int *fds, size_t count);

/* Likewise, for an example of docs/internals/WIRE.md. */
void pyw_socket_pair_write_example(pyw_socket_pair *pair, const char *name);

/* Asserts that the next frame has this type and payload, without waiting. */
void pyw_socket_pair_expect(pyw_channel *channel, pyw_frame_type type, const char *payload, size_t length);

/* The number of open descriptors of this process. */
int pyw_socket_pair_count_fds(void);

/* Whether both descriptors refer to the same file. */
int pyw_socket_pair_is_same_file(int one, int other);

#endif
