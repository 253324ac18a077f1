/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BYPASS_H
#define PYW_HTTPD_BYPASS_H

/*
 * A script that an alias of the server maps, reached by another way: AddHandler or SetHandler, and a URL that no alias
 * covers. Runs on the thread of the request.
 */

#include <httpd.h>

#include "httpd/target.h"

/*
 * `target`: what a request without an alias was resolved to. OK, or HTTP_FORBIDDEN if each alias that maps the script
 * would have it run in another process group, application group or by another callable; that has been logged.
 */
int pyw_bypass_check(request_rec *r, const pyw_target *target);

#endif
