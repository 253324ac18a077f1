/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_LOG_JSON_H
#define PYW_HTTPD_LOG_JSON_H

/*
 * WSGIJSONLog: the records of httpd's error log, of all modules, once more as JSON, one object a line. httpd calls the
 * hook error_log with each record that its error log gets. The manager writes the records of process groups to the same
 * file. A line is one write(2) to a descriptor that was opened for appending.
 */

#include <httpd.h>

/* Registers the hooks: open_logs in httpd's parent, error_log in all its processes, on any thread. */
void pyw_json_log_register(void);

/* The descriptor for records of a server, which belongs to this file; -1: no such log. In httpd's parent. */
int pyw_json_log_fd(const server_rec *server);

/* Whether any server has such a log. */
int pyw_json_log_is_open(void);

#endif
