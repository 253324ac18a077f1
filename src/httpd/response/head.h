/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_HEAD_H
#define PYW_HTTPD_RESPONSE_HEAD_H

/* Status and headers of a response, from bytes that nobody has checked to the members of request_rec. */

#include <httpd.h>

#include "base/result.h"
#include "wsgi/exchange.h"

/*
 * Sets status, status line, content type, content length and headers. Header names must be tokens and values field
 * content (RFC 9110 section 5); hop-by-hop headers are refused. PYW_MALFORMED: nothing was set.
 */
pyw_result pyw_response_head_apply(request_rec *r, const pyw_head *head);

/* Keeps, of an applied head, what an ErrorDocument in its place must still say: WWW-Authenticate, Set-Cookie,
 * Retry-After. */
void pyw_response_head_override(request_rec *r);

/* Takes an applied head back: httpd will answer itself. */
void pyw_response_head_undo(request_rec *r);

#endif
