/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_CHANNEL_H
#define PYW_WIRE_CHANNEL_H

/*
 * Frames over a connected UNIX stream socket, descriptors included. Used for all three connections: httpd's child to a
 * worker, httpd's parent to the manager, the manager to a worker. One thread at a time; reading and writing are
 * independent. A channel reuses its buffers for the next connection. The socket is used with MSG_DONTWAIT and poll(2),
 * so its O_NONBLOCK flag does not matter. SIGPIPE is never raised (MSG_NOSIGNAL).
 */

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "wire/frame.h"

typedef struct pyw_channel pyw_channel;

/* The maximum number of received descriptors that were not taken; a peer that sends more violates the protocol. */
#define PYW_CHANNEL_FDS_MAX 16

/* Wait for ever. */
#define PYW_CHANNEL_FOREVER (-1)

/* A frame, or a piece of a DATA frame. */
typedef struct pyw_frame {
    uint8_t type;
    uint16_t flags;
    const char *payload; /* valid until the next call that reads or closes */
    uint32_t length;     /* of this piece */
    uint32_t remaining;  /* DATA: bytes of the frame that further calls will return; 0 for all others */
} pyw_frame;

/* A channel without a connection; NULL without memory. Destroying closes. */
pyw_channel *pyw_channel_create(void);
void pyw_channel_destroy(pyw_channel *channel);

/* The channel becomes the owner of `fd`. The channel must not be open. */
void pyw_channel_open(pyw_channel *channel, int fd);

/*
 * After read() returned PYW_MALFORMED: whether the reason is that this process has too many open descriptors (EMFILE),
 * which is not the peer's fault.
 */
int pyw_channel_has_lost_fd(const pyw_channel *channel);

/* Closes the socket and all received descriptors that were not taken, and empties the buffers. */
void pyw_channel_close(pyw_channel *channel);

/*
 * Shuts the connection down, and closes the channel. The peer sees the end immediately, even if a forked process holds
 * a duplicate of the socket. Not for a connection that another process continues to use.
 */
void pyw_channel_hang_up(pyw_channel *channel);

/*
 * Takes the socket out of the channel; this or another channel may open it again later. The caller becomes its owner.
 * -1: the channel still contains bytes or descriptors of the connection; nothing was changed.
 */
int pyw_channel_detach(pyw_channel *channel);

/* -1 if closed. For poll(2) only. */
int pyw_channel_fd(const pyw_channel *channel);

/*
 * Returns the next frame, and waits up to `timeout_ms` (0: not at all) for bytes. DATA is returned in pieces of at
 * least one byte as they arrive, every other frame as a whole. PYW_AGAIN (timeout 0) or PYW_TIMEOUT, PYW_EOF (at a
 * frame boundary), PYW_GONE (reset, or EOF inside a frame), PYW_MALFORMED, PYW_FAILED (errno). After the last three the
 * channel can only be closed.
 */
pyw_result pyw_channel_read(pyw_channel *channel, pyw_frame *frame, int timeout_ms);

/*
 * Receives ahead of a slow reader, so that the peer need not wait for it. read_ahead() stores the bytes that have
 * arrived, first in memory, then in a file, within the limits of set_ahead_limits(), and read() returns them later. A
 * different thread may call read_ahead(), but not while read() runs; the last result of read() stays valid. PYW_OK:
 * bytes were stored. PYW_AGAIN: nothing has arrived. PYW_EOF: the frame that ends the request has arrived, or the
 * connection has ended, which read() will report. PYW_FAILED: there is no room at the moment.
 */
void pyw_channel_set_ahead_limits(pyw_channel *channel, size_t memory_limit, uint64_t file_limit,
                                  const char *directory);
pyw_result pyw_channel_read_ahead(pyw_channel *channel);

/*
 * Whether the END of the request has arrived; whether the last bytes of the body, or END, have arrived. Both first
 * receive all bytes that have arrived, if necessary beyond the limits: the caller abandons the request otherwise.
 */
int pyw_channel_find_end(pyw_channel *channel);
int pyw_channel_is_complete(pyw_channel *channel);

/* The errno of read_ahead()'s file, after which read_ahead() stores nothing more; 0: no error. */
int pyw_channel_ahead_error(const pyw_channel *channel);

/*
 * Takes an END that was received already, without a system call, and returns 1. The payload of the previous frame stays
 * valid. 0: the next frame is another one, or has not been received.
 */
int pyw_channel_take_end(pyw_channel *channel);

/* Whether read() would return without a system call. If so, do not wait for the socket in poll(2). */
int pyw_channel_has_input(const pyw_channel *channel);

/* Takes the oldest received descriptor (close-on-exec is set); -1: none. The caller becomes its owner. */
int pyw_channel_take_fd(pyw_channel *channel);

/*
 * Adds a frame to the queue. The payload is not copied: it must be valid until send() has returned. DATA longer than
 * its limit becomes several frames, and only the last has the flags. `fd` travels with the frame and still belongs to
 * the caller; -1 for none. A frame that the peer would refuse (too long, unknown flags) makes the next send() fail with
 * EMSGSIZE.
 */
void pyw_channel_queue(pyw_channel *channel, pyw_frame_type type, uint16_t flags, const void *payload, size_t length,
                       int fd);

/* Overwrites memory that held bytes to send before it is freed. Call it before the first send(). */
void pyw_channel_keep_secret(pyw_channel *channel);

/*
 * Sends the queue with as few system calls as possible, and waits up to `timeout_ms` whenever the socket is full. With
 * timeout 0: PYW_OK if any byte was sent; the rest is copied (see has_output). PYW_AGAIN if none was; the queue is
 * dropped, and the caller may queue the frames again. PYW_TIMEOUT, PYW_GONE (the peer closed), PYW_FAILED.
 */
pyw_result pyw_channel_send(pyw_channel *channel, int timeout_ms);

/* Whether a send() with timeout 0 has copied bytes that are still unsent: call send() when the socket is writable. */
int pyw_channel_has_output(const pyw_channel *channel);

/* Whether there are unread bytes, or the peer has closed its end. Does not block, reads nothing. */
int pyw_channel_peer_spoke(const pyw_channel *channel);

/* Whether the peer has closed or reset the connection. Does not block, reads nothing. */
int pyw_channel_peer_gone(const pyw_channel *channel);

#endif
