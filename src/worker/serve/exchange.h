/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_EXCHANGE_H
#define PYW_WORKER_SERVE_EXCHANGE_H

/* A pyw_exchange whose carrier is a wire channel to an httpd child. One thread, which owns the channel. */

#include "base/buffer.h"
#include "wire/channel.h"
#include "wsgi/exchange.h"

typedef struct pyw_wire_exchange {
    pyw_exchange base;
    pyw_channel *channel;
    int timeout_ms;      /* of each wait for the peer */
    pyw_frame piece;     /* body bytes that arrived ... */
    uint32_t piece_used; /* ... and how many of them were handed out */
    int file;            /* body bytes that httpd had collected in a file; -1: none */
    off_t file_offset;   /* ... from here on ... */
    uint64_t file_left;  /* ... so many are not handed out yet */
    pyw_result body;     /* PYW_AGAIN: more may come; PYW_EOF: all is here; else what went wrong */
    int owes_continue;   /* the client waits to be told that its body is wanted */
    int is_over;         /* END or ERROR went out */
    pyw_result output;   /* not PYW_OK: sending failed */
    int is_held;         /* a send that would not wait left bytes in the channel: its repetition only sends those */
    pyw_buffer *scratch; /* for the payload of HEAD; the thread's, reused */
} pyw_wire_exchange;

/* `scratch` is kept by reference. `has_body`: the REQUEST frame said so. */
void pyw_wire_exchange_init(pyw_wire_exchange *exchange, pyw_channel *channel, pyw_buffer *scratch, int timeout_ms,
                            const pyw_pair *environ_pairs, uint32_t count, int has_body);

/*
 * After finish(), always: takes what is left of the request's body off the channel, and closes its file. 1: another
 * REQUEST may follow.
 */
int pyw_wire_exchange_drain(pyw_wire_exchange *exchange);

#endif
