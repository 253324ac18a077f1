/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_EXCHANGE_H
#define PYW_WORKER_SERVE_EXCHANGE_H

/* A pyw_exchange over a wire channel to httpd's child. Only the thread that owns the channel uses it. */

#include "base/buffer.h"
#include "wire/channel.h"
#include "wsgi/exchange.h"

typedef struct pyw_wire_exchange {
    pyw_exchange base;
    pyw_channel *channel;
    int timeout_ms;      /* of each wait for the peer */
    pyw_frame piece;     /* the last frame with body bytes */
    uint32_t piece_used; /* the number of its bytes that have been read */
    int file;            /* the file in which httpd has buffered body bytes; -1: none */
    off_t file_offset;   /* the next byte to read */
    uint64_t file_left;  /* the number of bytes that are still to be read */
    pyw_result body;     /* PYW_AGAIN: more can follow; PYW_EOF: it is complete; otherwise the error */
    int owes_continue;   /* the client waits for 100 Continue */
    int is_over;         /* END or ERROR has been queued */
    pyw_result output;   /* not PYW_OK: sending failed */
    int is_held;         /* a send with NOWAIT left bytes in the channel; its repetition only sends these */
    pyw_buffer *scratch; /* of the thread, for the payload of HEAD */
} pyw_wire_exchange;

/* `scratch` must outlive the exchange. `has_body`: the request has a body. */
void pyw_wire_exchange_init(pyw_wire_exchange *exchange, pyw_channel *channel, pyw_buffer *scratch, int timeout_ms,
                            const pyw_pair *environ_pairs, uint32_t count, int has_body);

/*
 * After finish(), always: reads the rest of the request's body from the channel, and closes its file. 1: another
 * REQUEST can follow.
 */
int pyw_wire_exchange_drain(pyw_wire_exchange *exchange);

#endif
