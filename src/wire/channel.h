/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_CHANNEL_H
#define PYW_WIRE_CHANNEL_H

/*
 * Frames over a connected UNIX stream socket, descriptors included. Serves all three connections: httpd's child with a
 * worker, httpd's parent with the manager, the manager with a worker. One thread at a time; reading and writing are
 * independent. Buffers are kept from connection to connection. The socket is used with MSG_DONTWAIT and poll(2), its
 * own O_NONBLOCK does not matter. SIGPIPE is never raised (MSG_NOSIGNAL).
 */

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "wire/frame.h"

typedef struct pyw_channel pyw_channel;

/* How many received descriptors may wait to be taken; a peer that sends more breaks the protocol. */
#define PYW_CHANNEL_FDS_MAX 16

/* Wait for ever. */
#define PYW_CHANNEL_FOREVER (-1)

/* What read() returned: a frame, or a piece of a DATA frame. */
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

/* The channel becomes the owner of `fd`. It must not be open already. */
void pyw_channel_open(pyw_channel *channel, int fd);

/*
 * After read() returned PYW_MALFORMED: was it because a descriptor had no room in this process (EMFILE)? Then, for
 * once, it is not the peer's fault.
 */
int pyw_channel_has_lost_fd(const pyw_channel *channel);

/* Closes the socket and all descriptors that were received and not taken, and forgets what is in the buffers. */
void pyw_channel_close(pyw_channel *channel);

/*
 * The same, and ends the connection itself: the peer sees the end at once, even if a process that was forked meanwhile
 * holds a duplicate of the socket. Not for a channel that another process goes on using.
 */
void pyw_channel_hang_up(pyw_channel *channel);

/*
 * Takes the socket out of the channel, to be opened again later, by this channel or another one: the caller becomes
 * its owner. -1: bytes or descriptors that belong to it are still in the channel, which stays as it is.
 */
int pyw_channel_detach(pyw_channel *channel);

/* -1 if closed. For poll(2) only. */
int pyw_channel_fd(const pyw_channel *channel);

/*
 * Returns the next frame, waiting up to `timeout_ms` (0: not at all) for bytes. DATA comes in pieces of at least one
 * byte as they arrive; every other frame comes whole.
 * PYW_AGAIN (timeout 0) or PYW_TIMEOUT, PYW_EOF (at a frame boundary), PYW_GONE (reset, or EOF inside a frame),
 * PYW_MALFORMED, PYW_FAILED (errno). After the last three the channel can only be closed.
 */
pyw_result pyw_channel_read(pyw_channel *channel, pyw_frame *frame, int timeout_ms);

/*
 * So that the peer does not have to wait for a slow reader: read_ahead() receives what the peer has sent, and keeps it
 * for read() in memory and then in a file, within the limits that set_ahead_limits() set for the connection. Another
 * thread than read()'s may call it, though not at the same time: it leaves what read() returned as it is.
 * PYW_OK: something was received. PYW_AGAIN: the peer has sent nothing. PYW_EOF: there is no more to receive, the frame
 * that ends the request is here (or the connection is over, which read() will return). PYW_FAILED: there is no room at
 * the moment.
 */
void pyw_channel_set_ahead_limits(pyw_channel *channel, size_t memory_limit, uint64_t file_limit,
                                  const char *directory);
pyw_result pyw_channel_read_ahead(pyw_channel *channel);

/*
 * Has the peer sent the END of the request; or, is the body complete: its last bytes, or END? Both read ahead, if need
 * be somewhat beyond the limits: for a caller that gives up otherwise.
 */
int pyw_channel_find_end(pyw_channel *channel);
int pyw_channel_is_complete(pyw_channel *channel);

/* The errno of the file of read_ahead(), which then receives no more; 0: no error. */
int pyw_channel_ahead_error(const pyw_channel *channel);

/*
 * Takes an END that is here already, without a system call, and returns 1. The payload of the frame before it stays
 * valid. 0: something else comes next, or nothing is here.
 */
int pyw_channel_take_end(pyw_channel *channel);

/* Would read() return something without asking the socket, so that a poll(2) on it might wait in vain? */
int pyw_channel_has_input(const pyw_channel *channel);

/* The oldest descriptor received and not taken (close-on-exec is set), or -1. The caller becomes its owner. */
int pyw_channel_take_fd(pyw_channel *channel);

/*
 * Puts a frame in the queue. The payload is referred to, not copied: it must be valid until send() has returned. DATA
 * longer than its limit becomes several frames, the flags going to the last. `fd` travels with the frame and
 * stays the caller's; -1 for none. A frame that the peer would refuse (too long, unknown flags) makes the next send()
 * fail with EMSGSIZE.
 */
void pyw_channel_queue(pyw_channel *channel, pyw_frame_type type, uint16_t flags, const void *payload, size_t length,
                       int fd);

/* From now on memory that held bytes to send is overwritten before it is given up. Before the first send(). */
void pyw_channel_keep_secret(pyw_channel *channel);

/*
 * Sends what is queued with as few system calls as possible, waiting up to `timeout_ms` whenever the socket is full.
 * With timeout 0: PYW_OK once any byte went out, what is left being copied (see has_output);
 * PYW_AGAIN if nothing did, in which case this call's queue is dropped, and the caller may queue it again.
 * PYW_TIMEOUT, PYW_GONE (the peer closed), PYW_FAILED.
 */
pyw_result pyw_channel_send(pyw_channel *channel, int timeout_ms);

/* Bytes that a send() with timeout 0 copied and that still have to go: call send() when the socket is writable. */
int pyw_channel_has_output(const pyw_channel *channel);

/* Is something here that was not read, or has the peer closed its end? Does not block, reads nothing. */
int pyw_channel_peer_spoke(const pyw_channel *channel);

/* Has the peer closed its end, or reset it? Does not block, reads nothing. */
int pyw_channel_peer_gone(const pyw_channel *channel);

#endif
