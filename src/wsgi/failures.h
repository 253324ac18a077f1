/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_FAILURES_H
#define PYW_WSGI_FAILURES_H

/* Reports the failures of applications to the host (`failed` in wsgi/engine.h). The caller holds the GIL. */

#include "python/exception.h"
#include "wsgi/engine.h"
#include "wsgi/request/request.h"

/* Before Python is started. */
void pyw_failures_configure(const pyw_engine_host *host);

/* As pyw_exception_log_report. */
void pyw_failures_log(pyw_log_level level, const char *message, pyw_exception_report *report);

/* The application answers a request with 500, which most frameworks do with exceptions. */
void pyw_failures_note_response(const pyw_request *request);

#endif
