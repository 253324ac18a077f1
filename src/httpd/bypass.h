/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BYPASS_H
#define PYW_HTTPD_BYPASS_H

/*
 * Detects requests that reach the script of an alias through AddHandler or SetHandler, by a URL that no alias covers.
 * Runs on the thread of the request.
 */

#include <httpd.h>

#include "httpd/target.h"

/*
 * `target`: the target of the request, resolved without an alias. Returns OK, or HTTP_FORBIDDEN if every alias of the
 * script has another process group, application group or callable; logs the reason.
 */
int pyw_bypass_check(request_rec *r, const pyw_target *target);

#endif
