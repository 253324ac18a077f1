/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_ENVIRON_H
#define PYW_HTTPD_ENVIRON_H

/*
 * A request as CGI variables (RFC 3875 section 4.1, PEP 3333): the bytes that become environ. What httpd computes wins
 * over headers, and these over SetEnv, by coming later. Everything in r->pool; runs on the thread of the request.
 */

#include <httpd.h>

#include "base/pair.h"
#include "httpd/target.h"

/* An array of pyw_pair. `collected`: the bytes of the whole request body if it is here, else -1. */
const apr_array_header_t *pyw_environ_build(request_rec *r, const pyw_target *target, apr_off_t collected);

#endif
