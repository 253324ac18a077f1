/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCRIPTS_DISPATCH_H
#define PYW_HTTPD_SCRIPTS_DISPATCH_H

/* WSGIDispatchScript: functions that select the process group, application group and callable of a request. */

#include <httpd.h>

#include "httpd/target.h"

/*
 * Replaces the names in a resolved target by the results of the functions. Returns OK, or a status and logs the reason.
 */
int pyw_dispatch(request_rec *r, pyw_target *target);

/*
 * The process group that pyw_dispatch has selected for the request, "" for embedded; NULL: pyw_dispatch has not run
 * yet.
 */
const char *pyw_dispatch_result(const request_rec *r);

#endif
