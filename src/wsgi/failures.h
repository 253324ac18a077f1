/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_FAILURES_H
#define PYW_WSGI_FAILURES_H

/* Reports the failures of applications to the host (`failed` in wsgi/engine.h). The caller holds the GIL. */

#include "python/exception.h"
#include "wsgi/engine.h"
#include "wsgi/request/request.h"

/* Before Python is started. */
void pyw_failures_configure(const pyw_engine_host *host);

/* Like pyw_exception_log_report, and reports the failure to the host. */
void pyw_failures_log(pyw_log_level level, const char *message, pyw_exception_report *report);

/* Reports that the application answers a request with 500: most frameworks turn exceptions into such a response. */
void pyw_failures_note_response(const pyw_request *request);

#endif
