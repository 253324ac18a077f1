/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_OUTBOX_H
#define PYW_WIRE_OUTBOX_H

/*
 * The sending half of a channel. It contains the queue of frames for the next send, whose bytes and descriptors belong
 * to the caller, and the backlog: copies of the bytes and descriptors that a non-blocking send could not write. Part of
 * pyw_channel, whose header documents the calls. One thread at a time. All zero is a valid empty outbox.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/result.h"
#include "wire/frame.h"

typedef struct pyw_outbox_frame {
    unsigned char header[PYW_FRAME_HEADER_SIZE];
    const char *payload;
    uint32_t length;
    int fd; /* -1: none, or sent already */
} pyw_outbox_frame;

/* Sent with the byte at `position` of the backlog. */
typedef struct pyw_outbox_fd {
    size_t position;
    int fd;
} pyw_outbox_fd;

typedef struct pyw_outbox {
    pyw_outbox_frame *queue;
    size_t count;
    size_t size;
    int queue_error; /* errno of a frame that could not be queued: the next send fails with it */
    int broken;      /* part of a send was lost: the peer would misread the next bytes */

    pyw_buffer backlog;
    size_t backlog_sent;
    pyw_outbox_fd *fds; /* in order; the first fds_next are sent */
    size_t fds_count;
    size_t fds_next;
} pyw_outbox;

void pyw_outbox_queue(pyw_outbox *outbox, pyw_frame_type type, uint16_t flags, const void *payload, size_t length,
                      int fd);
pyw_result pyw_outbox_send(pyw_outbox *outbox, int socket, int timeout_ms);

/* The number of unsent bytes in the backlog. */
size_t pyw_outbox_left(const pyw_outbox *outbox);

/* Drops everything, and closes the backlog's descriptors; memory is kept for the next connection. */
void pyw_outbox_clear(pyw_outbox *outbox);
void pyw_outbox_free(pyw_outbox *outbox);

#endif
