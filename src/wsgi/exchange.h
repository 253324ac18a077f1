/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_EXCHANGE_H
#define PYW_WSGI_EXCHANGE_H

/*
 * One request as the engine sees it: the seam between PEP 3333 and whatever carries the request. Carriers are an
 * httpd request_rec (embedded), a wire channel (daemon) and memory (tests). Knows neither httpd.h nor Python.h.
 *
 * One exchange serves one request on one thread at a time and lives until `finish` has returned. All operations are
 * called by the thread that called run(), WITHOUT the GIL, except where PYW_SEND_NOWAIT is given: those calls are
 * made WITH the GIL and must not block; and where PYW_SEND_PARALLEL is given.
 *
 * The engine is the only place that validates what an application says (status, header names and values, lengths), so
 * that embedded and daemon mode answer alike. A carrier behind a process boundary checks again: it cannot know
 * that the bytes came from our engine.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "base/pair.h"
#include "base/result.h"

typedef struct pyw_exchange pyw_exchange;

/* The head of a response, already validated. Bytes are valid during the call only. */
typedef struct pyw_head {
    int status;         /* 200 ... 599 */
    const char *reason; /* the words behind the number, may be empty; Latin-1, no control bytes */
    uint32_t reason_length;
    const pyw_pair *headers; /* Content-Length included, if there is one */
    uint32_t count;
} pyw_head;

enum {
    PYW_SEND_NOWAIT = 1,  /* return PYW_AGAIN rather than block: the next call must be the same one without this flag */
    PYW_SEND_LAST = 2,    /* these are the last bytes of the body: the client may have all of it now */
    PYW_SEND_END = 4,     /* the request is over as well (implies LAST): finish() follows and sends nothing more */
    PYW_SEND_PARALLEL = 8 /* of send, on another thread than run()'s and without the GIL, but never at the same time as
                             another operation: PYW_AGAIN rather than wait for anybody, nothing of the call being
                             taken. After PYW_OK a call without head and bytes says AGAIN as long as the carrier
                             itself has to send a rest. */
};

enum {
    PYW_READ_NOWAIT = 1 /* of read, with the GIL: PYW_AGAIN rather than a wait or a system call */
};

/* How a request ended. */
typedef enum {
    PYW_DONE = 0,  /* the response is complete */
    PYW_TRUNCATED, /* the head went out, the body is not complete: the client must be able to see that */
    PYW_ERROR      /* nothing went out: the client gets `status` and httpd's error page */
} pyw_outcome;

typedef struct pyw_exchange_ops {
    /*
     * Reads up to `size` bytes of the request body, blocking until there is at least one. PYW_OK with *got == 0 is
     * the end of the body. PYW_GONE: the client left before the end; PYW_TIMEOUT: it was too slow. Errors are sticky.
     */
    pyw_result (*read)(pyw_exchange *exchange, void *buffer, size_t size, size_t *got, unsigned flags);

    /*
     * Sends `length` bytes of body, and before them the head, which is non-NULL exactly in the first send or
     * send_file call. `length` may be 0. Without LAST or END the bytes are flushed to the client (PEP 3333:
     * no block may be held back). PYW_GONE: the client left; go on and close.
     */
    pyw_result (*send)(pyw_exchange *exchange, const pyw_head *head, const void *data, size_t length, unsigned flags);

    /* As send, the bytes being [offset, offset + length) of a regular file. `fd` stays the caller's. */
    pyw_result (*send_file)(pyw_exchange *exchange, const pyw_head *head, int fd, off_t offset, uint64_t length,
                            unsigned flags);

    /*
     * Sends a 1xx response ahead of the final one (RFC 9110 section 15.2). Only before the head.
     */
    pyw_result (*interim)(pyw_exchange *exchange, int status, const pyw_pair *headers, uint32_t count);

    /*
     * One log record in the context of this request: one line, no newline, control bytes not yet escaped. `flags` is
     * 0 or PYW_SEND_NOWAIT.
     */
    pyw_result (*log)(pyw_exchange *exchange, pyw_log_level level, const char *text, size_t length, unsigned flags);

    /*
     * Has the client left, or closed its sending side, as far as one can know without blocking? May be called with the
     * GIL.
     */
    int (*client_gone)(pyw_exchange *exchange);

    /*
     * Called exactly once, last, without the GIL. `status` counts for PYW_ERROR only (500, 503 ...); the reason was
     * logged already.
     */
    void (*finish)(pyw_exchange *exchange, pyw_outcome outcome, int status);
} pyw_exchange_ops;

struct pyw_exchange {
    const pyw_exchange_ops *ops;
    /*
     * CGI variables, HTTP_* and wsgi.url_scheme, bytes as httpd has them; valid until finish. A later pair wins over
     * an earlier one of the same name.
     */
    const pyw_pair *environ_pairs;
    uint32_t environ_count;
    /* 0: the request has no body, read() need not be called. */
    int has_body;
    /* send() may be called with PYW_SEND_PARALLEL. 0: every block is sent as it comes. */
    int takes_parallel;
    int64_t arrival;     /* when the request came: microseconds of CLOCK_MONOTONIC */
    int64_t deadline;    /* when its answer is due: milliseconds of the same clock; 0: never */
    const char *id;      /* for log records; valid until finish */
    int interrupts_gone; /* the application is to be interrupted if the client leaves */
    /* For records about this request by other threads; NULL: the process's log. */
    pyw_log_sink *log_apart;
    void *log_apart_baton;
};

#endif
