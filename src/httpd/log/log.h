/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_LOG_LOG_H
#define PYW_HTTPD_LOG_LOG_H

/* Passes the log records of code that does not use httpd to httpd's error log. Any thread. */

#include <httpd.h>

#include "base/log.h"

/* A pyw_log_sink; the baton is a server_rec. */
void pyw_httpd_log_server(void *server, pyw_log_level level, const char *text, size_t length);

/*
 * Logs a record of an application. `text` is untrusted, so control bytes are escaped. httpd's fields of the record
 * contain the pid of the calling process; if `worker` is not 0, the text begins with this pid of the worker. If it is a
 * record of the engine, it ends like those of pyw_log_rerror.
 */
void pyw_httpd_log_request(request_rec *r, pyw_log_level level, apr_uint32_t worker, const char *text, size_t length);

/*
 * As ap_log_rerror, for all records of this module about a request. The text ends with the id of the request, and with
 * its traceparent if it has a valid one: " [id Zq8]", " [id Zq8, traceparent 00-...]".
 */
void pyw_log_rerror(const char *file, int line, int module, int level, apr_status_t rv, request_rec *r,
                    const char *format, ...) __attribute__((format(printf, 7, 8)));

/* A record about a request, as it was before httpd escaped it and without the request's id. */
typedef struct pyw_httpd_record {
    apr_uint32_t worker; /* its pid; 0: none */
    const char *text;
    size_t length;
} pyw_httpd_record;

/* The record that this thread is writing by one of the above functions; NULL: none. For the hook error_log. */
const pyw_httpd_record *pyw_httpd_log_current(void);

/* LogLevel of the server, for this module. */
pyw_log_level pyw_httpd_log_threshold(const server_rec *server);

#endif
