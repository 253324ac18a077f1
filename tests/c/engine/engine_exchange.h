/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ENGINE_EXCHANGE_H
#define PYW_ENGINE_EXCHANGE_H

/*
 * A request whose carrier is memory: the input is set before run(), and the output is examined afterwards. One thread
 * at a time.
 */

#include "base/buffer.h"
#include "wsgi/exchange.h"

#define MEMORY_PAIRS 64

typedef struct memory_exchange {
    pyw_exchange base;
    pyw_pair pairs[MEMORY_PAIRS];

    /* in */
    const char *body;
    size_t body_length;
    size_t at_hand;        /* bytes of the body that can be read without waiting */
    size_t read_most;      /* the maximum of a read; 0: no limit */
    pyw_result read_end;   /* the result after the last byte: PYW_OK is the end of the body */
    int always_blocks;     /* every NOWAIT call returns AGAIN */
    int gone_after;        /* the client leaves after this number of sends; 0: it stays */
    int parallel_refusals; /* the number of sends by the flusher that return AGAIN */

    /* out */
    size_t body_read;
    int status;
    pyw_buffer reason;
    pyw_buffer headers; /* "Name: value\n" each */
    pyw_buffer content;
    pyw_buffer log; /* "<level> text\n" each */
    int heads, sends, files, blocking_sends, parallel_sends;
    int waits;            /* reads that may have waited */
    int sent_before_read; /* bytes sent before the first read of the body; -1: it was not read */
    int last_after;       /* bytes sent before LAST; -1: LAST was not sent */
    int end_seen;
    int finished;
    pyw_outcome outcome;
    int error_status;
} memory_exchange;

/* A GET of `path`. */
void memory_exchange_init(memory_exchange *exchange, const char *method, const char *path);
void memory_exchange_free(memory_exchange *exchange);

/* The strings must stay valid. */
void memory_exchange_pair(memory_exchange *exchange, const char *name, const char *value);
void memory_exchange_body(memory_exchange *exchange, const char *body);

/* NUL-terminated views of the output. */
const char *memory_content(memory_exchange *exchange);
const char *memory_headers(memory_exchange *exchange);
const char *memory_log(memory_exchange *exchange);

#endif
