/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_HEAD_H
#define PYW_HTTPD_RESPONSE_HEAD_H

/* Checks the status and headers of a response, and sets them in request_rec. */

#include <httpd.h>

#include "base/result.h"
#include "wsgi/exchange.h"

/*
 * Sets status, status line, content type, content length and headers. Header names must be tokens and values field
 * content (RFC 9110 section 5); hop-by-hop headers are refused. PYW_MALFORMED: nothing was set.
 */
pyw_result pyw_response_head_apply(request_rec *r, const pyw_head *head);

/*
 * Removes an applied head, except the headers that an ErrorDocument needs: WWW-Authenticate, Set-Cookie, Retry-After,
 * Allow.
 */
void pyw_response_head_override(request_rec *r);

/* Removes an applied head, because httpd will send its own response. */
void pyw_response_head_undo(request_rec *r);

#endif
