/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_LOG_FILE_H
#define PYW_LOG_FILE_H

/*
 * Log records as lines in the form of httpd's error log, for processes that are not httpd. Any thread: a record is one
 * write(2) to a descriptor that was opened for appending.
 */

#include "base/pyw_log.h"

/*
 * From now on the time of day is that of the zone in use now: an application that sets TZ (Django does) does not
 * change what the log says. Call it before threads exist.
 */
void pyw_log_file_keep_zone(void);

/* Writes a record; control bytes of `text` are escaped. */
void pyw_log_file_write(int fd, pyw_log_level level, const char *text, size_t length);

/* A pyw_log_sink; the baton is a pointer to the descriptor. */
void pyw_log_file_sink(void *fd, pyw_log_level level, const char *text, size_t length);

#endif
