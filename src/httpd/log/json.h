/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_LOG_JSON_H
#define PYW_HTTPD_LOG_JSON_H

/*
 * WSGIJSONLog: a second copy of httpd's error log, with the records of all modules, as JSON, one object per line. httpd
 * calls the hook error_log for each record of its error log. The manager writes the records of process groups to the
 * same file. Each line is one write(2) to a descriptor that was opened for appending.
 */

#include <httpd.h>

/* Registers the hooks: open_logs in httpd's parent, error_log in all its processes, on any thread. */
void pyw_json_log_register(void);

/* The descriptor of a server's JSON log; -1: none. log/json.c remains its owner. In httpd's parent. */
int pyw_json_log_fd(const server_rec *server);

/* Whether any server has such a log. */
int pyw_json_log_is_open(void);

#endif
