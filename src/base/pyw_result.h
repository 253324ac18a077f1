/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_RESULT_H
#define PYW_RESULT_H

/*
 * What an operation on a request's carrier, a channel or the codec came to. Kept apart from errno and apr_status_t,
 * because callers choose by whose fault it was: ours, the peer's, or nobody's.
 */
typedef enum {
    PYW_OK = 0,
    PYW_AGAIN,     /* would block, or more bytes are needed: nothing was consumed, call again */
    PYW_EOF,       /* the peer closed in an orderly way, at a frame boundary */
    PYW_GONE,      /* the peer went away: reset, EOF inside a frame, ABORT, the client left */
    PYW_TIMEOUT,   /* the time given to the call is over */
    PYW_MALFORMED, /* the peer broke the protocol; the connection is unusable */
    PYW_FAILED     /* a local failure: errno tells which */
} pyw_result;

/* "ok", "again" ...: for log messages. */
const char *pyw_result_name(pyw_result result);

/*
 * The reason why a long operation failed, made where it failed and reported by the edge that started it.
 * `text` is one sentence without a tag, NUL-terminated.
 */
typedef struct pyw_problem {
    char text[1024];
} pyw_problem;

/* Writes the sentence (cut to fit) and returns PYW_FAILED, so that callers can `return pyw_problem_set(...)`. */
pyw_result pyw_problem_set(pyw_problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
