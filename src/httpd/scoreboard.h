/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCOREBOARD_H
#define PYW_HTTPD_SCOREBOARD_H

/*
 * httpd's scoreboard for mod_wsgi.server_metrics(), where server-metrics= or WSGIServerMetrics is On. It is sent with a
 * request, as text in the first pair of its environ, which the engine removes. So a worker needs no access to httpd's
 * memory. In httpd's children, on the thread of the request.
 */

#include <httpd.h>

#include "httpd/target.h"

/* A name that no client can send. */
#define PYW_SCOREBOARD_KEY "pywsgi.server_metrics"

/*
 * The scoreboard, allocated from r->pool; src/python/pywsgi/_metrics.py reads it. NULL: the application may not see the
 * scoreboard, or this child has sent it to the same group within the last second.
 */
const char *pyw_scoreboard_due(request_rec *r, const pyw_target *target);

#endif
