/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_DAEMON_H
#define PYW_HTTPD_BACKEND_DAEMON_H

#include <httpd.h>

#include "httpd/target.h"

/* Daemon mode in httpd's child: a worker of target->group serves the request. Returns the result of the handler. */
int pyw_daemon_serve(request_rec *r, pyw_target *target);

#endif
