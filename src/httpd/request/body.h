/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_BODY_H
#define PYW_HTTPD_REQUEST_BODY_H

/*
 * The request body, read from httpd's input filters until they say EOS, never by header arithmetic: an HTTP/2
 * upload has no Content-Length, a chunked one lies about it. Errors are sticky.
 */

#include <apr_buckets.h>
#include <httpd.h>

#include "base/result.h"
#include "httpd/timing.h"

typedef struct pyw_body {
    request_rec *r;
    apr_bucket_brigade *brigade; /* what has been read and not consumed */
    pyw_result result; /* PYW_OK while the body goes on; PYW_EOF, PYW_GONE, PYW_TIMEOUT or PYW_FAILED at its end */
    int status;        /* PYW_FAILED and PYW_TIMEOUT: the HTTP status that says it to the client */
    int caught;        /* the HTTP status that an input filter gave to the output filters; 0: none */
} pyw_body;

/* Prepares for reading. If the request has no body it is at its end already. */
void pyw_body_init(pyw_body *body, request_rec *r);

/* Is this an ErrorDocument? Headers about a body are those of the request that failed; nobody reads its body again. */
int pyw_body_is_of_failed_request(const request_rec *r);

/*
 * Ahead of the environ, without waiting: brings in what has come already, and so lets input filters decide whether they
 * work on this body, and change the headers to what it will be (Content-Encoding).
 */
void pyw_body_settle(pyw_body *body);

/*
 * CONTENT_LENGTH: NULL if the length is not known beforehand: chunked, or an input filter may change it. `collected`:
 * the bytes of the whole body if it is here already, else -1.
 */
const char *pyw_body_content_length(const request_rec *r, apr_off_t collected);

/*
 * The next bytes that are there, without consuming them: valid until consume(). Blocks for them or not.
 * PYW_OK, PYW_AGAIN (non-blocking), PYW_EOF: the end of the body; PYW_GONE: the client left before it; PYW_TIMEOUT;
 * PYW_FAILED: the body is larger than LimitRequestBody allows, or badly framed.
 */
pyw_result pyw_body_peek(pyw_body *body, apr_read_type_e block, const char **data, size_t *length);

/* As peek() without blocking, but only what an earlier peek() has brought in: no input filter is run. */
pyw_result pyw_body_at_hand(pyw_body *body, const char **data, size_t *length);

/* As peek(), waiting until the deadline at most; then PYW_TIMEOUT, as after the time of `Timeout` without a byte. */
pyw_result pyw_body_await(pyw_body *body, const pyw_timing *timing, const char **data, size_t *length);

void pyw_body_consume(pyw_body *body, size_t length);

/* The client waits for a "100 Continue" before it sends the body: the application reads, so it gets one. */
void pyw_body_continue(pyw_body *body);

/* Whether Content-Length alone shows that LimitRequestBody is exceeded: HTTP_REQUEST_ENTITY_TOO_LARGE, else OK. */
int pyw_body_check_limit(request_rec *r);

#endif
