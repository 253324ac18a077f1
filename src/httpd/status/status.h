/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_STATUS_H
#define PYW_HTTPD_STATUS_STATUS_H

/*
 * The handlers pywsgi-live, pywsgi-ready, pywsgi-metrics and pywsgi-status. httpd's child answers from shared memory,
 * without a thread of Python and without the manager. They answer only where WSGIStatus is On.
 */

#include <httpd.h>

/* The handler hook. On the thread of the request. */
int pyw_status_handler(request_rec *r);

#endif
