/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_ENVIRON_H
#define PYW_HTTPD_ENVIRON_H

/*
 * The CGI variables of a request (RFC 3875 section 4.1, PEP 3333), which become environ. Values that httpd computes
 * override headers, and headers override SetEnv, because later pairs win. Allocates from r->pool; runs on the thread of
 * the request.
 */

#include <httpd.h>

#include "base/pair.h"
#include "httpd/target.h"

/* An array of pyw_pair. `collected`: the size of the request body if it was collected, else -1. */
const apr_array_header_t *pyw_environ_build(request_rec *r, const pyw_target *target, apr_off_t collected);

#endif
