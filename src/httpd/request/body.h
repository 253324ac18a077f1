/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_BODY_H
#define PYW_HTTPD_REQUEST_BODY_H

/*
 * The request body, read from httpd's input filters until EOS. Content-Length does not matter: an HTTP/2 request may
 * have none, and a chunked request may have a wrong value. Errors are sticky.
 */

#include <apr_buckets.h>
#include <httpd.h>

#include "base/result.h"
#include "httpd/timing.h"

typedef struct pyw_body {
    request_rec *r;
    apr_bucket_brigade *brigade; /* bytes that were read, but not consumed */
    pyw_result result;           /* PYW_OK before the end of the body; PYW_EOF, GONE, TIMEOUT or MALFORMED at its end */
    int status;                  /* PYW_MALFORMED and PYW_TIMEOUT: the HTTP status for the client */
    apr_uint64_t consumed;       /* bytes */
    int caught;                  /* the status of an error bucket from an input filter; 0: none */
} pyw_body;

/* Prepares for reading. A request without a body is at its end immediately. */
void pyw_body_init(pyw_body *body, request_rec *r);

/* Whether this is an ErrorDocument, which has the headers of the failed request, but not its body. */
int pyw_body_is_of_failed_request(const request_rec *r);

/*
 * Reads the bytes that have arrived, without waiting. Call it before the environ is built: input filters decide at the
 * first read whether they change this body, and then change its headers (Content-Encoding).
 */
void pyw_body_settle(pyw_body *body);

/*
 * CONTENT_LENGTH; NULL if the length is unknown because the body is chunked or an input filter may change it.
 * `collected`: the size of the whole body if it was collected, else -1.
 */
const char *pyw_body_content_length(const request_rec *r, apr_off_t collected);

/*
 * Returns the next bytes without consuming them; they are valid until consume(). Blocks or not. PYW_OK, PYW_AGAIN
 * (non-blocking), PYW_EOF: the end of the body; PYW_GONE: the client left before it; PYW_TIMEOUT; PYW_MALFORMED: the
 * body is larger than LimitRequestBody allows, or badly framed.
 */
pyw_result pyw_body_peek(pyw_body *body, apr_read_type_e block, const char **data, size_t *length);

/* Like peek() without blocking, but returns only bytes that an earlier peek() has read: runs no input filter. */
pyw_result pyw_body_peek_buffered(pyw_body *body, const char **data, size_t *length);

/* Like peek(), but waits until the deadline, or for `Timeout` without a byte, and then returns PYW_TIMEOUT. */
pyw_result pyw_body_await(pyw_body *body, const pyw_timing *timing, const char **data, size_t *length);

void pyw_body_consume(pyw_body *body, size_t length);

/* Sends "100 Continue" if the client waits for it. Call this when the application reads. */
void pyw_body_continue(pyw_body *body);

/* HTTP_REQUEST_ENTITY_TOO_LARGE if Content-Length exceeds LimitRequestBody, else OK. */
int pyw_body_check_limit(request_rec *r);

#endif
