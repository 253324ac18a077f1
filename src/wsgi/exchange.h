/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_EXCHANGE_H
#define PYW_WSGI_EXCHANGE_H

/*
 * A request from the engine's point of view: the seam between PEP 3333 and the carrier of the request. Carriers are an
 * httpd request_rec (embedded), a wire channel (daemon) and memory (tests). This header uses neither httpd.h nor
 * Python.h.
 *
 * An exchange serves one request, is used by one thread at a time, and exists until `finish` has returned. The thread
 * that called run() calls all operations, WITHOUT the GIL. There are two exceptions: calls with PYW_SEND_NOWAIT are
 * made WITH the GIL and must not block; and calls with PYW_SEND_PARALLEL.
 *
 * Only the engine validates the response of an application (status, header names and values, lengths), so embedded and
 * daemon mode give the same responses. A carrier across a process boundary checks again, because it does not know
 * whether our engine wrote the bytes.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "base/pair.h"
#include "base/result.h"

typedef struct pyw_exchange pyw_exchange;
struct pyw_application_spec; /* wsgi/engine.h */

/* The head of a response, already validated. The bytes are valid only during the call. */
typedef struct pyw_head {
    int status;         /* 200 ... 599 */
    const char *reason; /* reason phrase, may be empty; Latin-1, no control bytes */
    uint32_t reason_length;
    const pyw_pair *headers; /* includes Content-Length, if the response has it */
    uint32_t count;
} pyw_head;

enum {
    PYW_SEND_NOWAIT = 1, /* return PYW_AGAIN instead of blocking: the next call must be the same without this flag */
    PYW_SEND_LAST = 2,   /* these are the last bytes of the body: send all of them to the client now */
    PYW_SEND_END = 4,    /* the request has ended, too (implies LAST): finish() follows and sends nothing more */
    PYW_SEND_PARALLEL =
        8 /* for send: called on another thread than run() and without the GIL, but never concurrently with another
             operation. Instead of waiting, return PYW_AGAIN and take nothing of the call. After PYW_OK, a call without
             head and bytes returns AGAIN while the carrier still has unsent bytes. */
};

enum {
    PYW_READ_NOWAIT = 1 /* for read, with the GIL: return PYW_AGAIN instead of waiting or making a system call */
};

/* The outcome of a request. */
typedef enum {
    PYW_DONE = 0,  /* the response is complete */
    PYW_TRUNCATED, /* the head was sent, the body is incomplete: the client must be able to detect it */
    PYW_ERROR      /* nothing was sent: the client gets `status` and httpd's error page */
} pyw_outcome;

typedef struct pyw_exchange_ops {
    /*
     * Reads up to `size` bytes of the request body, and blocks until at least one byte is available. PYW_OK with *got
     * == 0: the end of the body. PYW_GONE: the client left before the end; PYW_TIMEOUT: it was too slow. Errors are
     * sticky.
     */
    pyw_result (*read)(pyw_exchange *exchange, void *buffer, size_t size, size_t *got, unsigned flags);

    /*
     * Sends `length` bytes of the body, preceded by the head, which is non-NULL only in the first call of send or
     * send_file. `length` may be 0. Without LAST or END the bytes are flushed to the client (PEP 3333 forbids to delay
     * a block). PYW_GONE: the client left; continue and close.
     */
    pyw_result (*send)(pyw_exchange *exchange, const pyw_head *head, const void *data, size_t length, unsigned flags);

    /* Like send, for the bytes [offset, offset + length) of a regular file. The caller owns `fd`. */
    pyw_result (*send_file)(pyw_exchange *exchange, const pyw_head *head, int fd, off_t offset, uint64_t length,
                            unsigned flags);

    /* Sends a 1xx response before the final response (RFC 9110 section 15.2). Only before the head. */
    pyw_result (*interim)(pyw_exchange *exchange, int status, const pyw_pair *headers, uint32_t count);

    /*
     * Writes a log record for this request: one line, no newline, control bytes not yet escaped. `flags` is 0 or
     * PYW_SEND_NOWAIT.
     */
    pyw_result (*log)(pyw_exchange *exchange, pyw_log_level level, const char *text, size_t length, unsigned flags);

    /*
     * Whether the client has left, or closed its sending side, as far as this can be determined without blocking. May
     * be called with the GIL.
     */
    int (*client_gone)(pyw_exchange *exchange);

    /*
     * Called exactly once, as the last operation, without the GIL. `status` is used only with PYW_ERROR (500, 503 ...);
     * the reason has been logged.
     */
    void (*finish)(pyw_exchange *exchange, pyw_outcome outcome, int status);
} pyw_exchange_ops;

struct pyw_exchange {
    const pyw_exchange_ops *ops;
    /*
     * CGI variables, HTTP_* and wsgi.url_scheme, as httpd's bytes; valid until finish. The last of several pairs with
     * the same name is used.
     */
    const pyw_pair *environ_pairs;
    uint32_t environ_count;
    /* 0: the request has no body, so read() need not be called. */
    int has_body;
    /* send() may be called with PYW_SEND_PARALLEL. 0: every block is sent separately. */
    int takes_parallel;
    int64_t arrival;  /* when the request arrived: microseconds of CLOCK_MONOTONIC */
    int64_t received; /* when the worker got the request from httpd, by the same clock; 0: embedded */
    int64_t deadline; /* when the response must be complete: milliseconds of the same clock; 0: no deadline */
    const char *id;   /* for log records; valid until finish */
    /*
     * The engine writes how long the request has waited for the GIL before the application was called: microseconds;
     * UINT32_MAX while it waits. NULL: nobody wants to know.
     */
    _Atomic uint32_t *gil_wait_us;
    int interrupts_gone;  /* interrupt the application if the client leaves */
    void *apache_request; /* httpd's request_rec, for environ["apache.request_rec"]; NULL: withheld */
    const struct pyw_application_spec *application; /* set by the engine's run() */
    /* For records about this request from other threads; NULL: use the process's log. */
    pyw_log_sink *log_apart;
    void *log_apart_baton;
};

#endif
