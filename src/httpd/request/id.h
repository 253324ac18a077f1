/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_ID_H
#define PYW_HTTPD_REQUEST_ID_H

/*
 * The id of a request, the same in httpd's logs (%L), in environ, on error pages and in all records. It comes from the
 * header of WSGIRequestIdHeader, if a trusted proxy sent it; otherwise from another module, such as mod_unique_id;
 * otherwise this file makes an id. A subrequest and an ErrorDocument have the id of the first request. On the thread of
 * the request.
 */

#include <httpd.h>

/* Registers the hooks. */
void pyw_request_id_register(void);

/* The id, also for %L. Never NULL; lives as long as the request. */
const char *pyw_request_id(request_rec *r);

/* The value of the request's header traceparent (W3C Trace Context). NULL: none, or malformed. */
const char *pyw_request_traceparent(const request_rec *r);

#endif
