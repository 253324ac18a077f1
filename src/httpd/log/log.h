/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_LOG_LOG_H
#define PYW_HTTPD_LOG_LOG_H

/* Passes the log records of code that does not use httpd to httpd's error log. Any thread. */

#include <httpd.h>

#include "base/log.h"

/* A pyw_log_sink; the baton is a server_rec. */
void pyw_httpd_log_server(void *server, pyw_log_level level, const char *text, size_t length);

/*
 * Logs a record of an application. `text` is untrusted, so control bytes are escaped. httpd's own fields contain the
 * pid of the calling process; if `worker` is not 0, the text begins with this pid of the worker. Records of the engine
 * end with the id, like those of pyw_log_rerror.
 */
void pyw_httpd_log_request(request_rec *r, pyw_log_level level, apr_uint32_t worker, const char *text, size_t length);

/*
 * Like ap_log_rerror, for all records of this module about a request. The text ends with the id of the request, and
 * with its traceparent if that is valid: " [id Zq8]", " [id Zq8, traceparent 00-...]".
 */
void pyw_log_rerror(const char *file, int line, int module, int level, apr_status_t rv, request_rec *r,
                    const char *format, ...) __attribute__((format(printf, 7, 8)));

/* A record about a request, before httpd escapes it, and without the request's id. */
typedef struct pyw_httpd_record {
    apr_uint32_t worker; /* its pid; 0: none */
    const char *text;
    size_t length;
} pyw_httpd_record;

/* The record that one of the functions above is writing on this thread; NULL: none. For the hook error_log. */
const pyw_httpd_record *pyw_httpd_log_current(void);

/* LogLevel of the server, for this module. */
pyw_log_level pyw_httpd_log_threshold(const server_rec *server);

#endif
