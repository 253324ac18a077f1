/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_RESULT_H
#define PYW_BASE_RESULT_H

/*
 * The result of an operation on a request's carrier, a channel or the codec. It differs from errno and apr_status_t
 * because callers need to know whose fault a failure is: ours, the peer's, or nobody's.
 */
typedef enum {
    PYW_OK = 0,
    PYW_AGAIN,     /* would block, or more bytes are needed: nothing was consumed, call again */
    PYW_EOF,       /* the peer closed in an orderly way, at a frame boundary */
    PYW_GONE,      /* the peer is gone: reset, EOF inside a frame, ABORT, the client left */
    PYW_TIMEOUT,   /* the time limit of the call has passed */
    PYW_MALFORMED, /* the peer violated the protocol; the connection is unusable */
    PYW_FAILED     /* a local failure; see errno */
} pyw_result;

/* "ok", "again" ...: for log messages. */
const char *pyw_result_name(pyw_result result);

/*
 * The reason for the failure of a long operation. The code that fails sets it, and the caller at the edge logs it.
 * `text` is one sentence without a tag, NUL-terminated.
 */
typedef struct pyw_problem {
    char text[1024];
} pyw_problem;

/* Writes the sentence (truncated to fit) and returns PYW_FAILED, so that callers can `return pyw_problem_set(...)`. */
pyw_result pyw_problem_set(pyw_problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
