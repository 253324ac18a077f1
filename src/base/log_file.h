/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_LOG_FILE_H
#define PYW_BASE_LOG_FILE_H

/* Formats log records like httpd's error log, for the manager, which does not link httpd. Any thread. */

#include "base/log.h"

enum { PYW_LOG_LINE_MAX = PYW_LOG_RECORD_MAX + 160 };

/* The process that logs. */
typedef struct pyw_log_origin {
    pyw_log_level level;
    long pid;
    long tid;
} pyw_log_origin;

/*
 * Looks up the difference of local time to UTC, for the records from now on: at the start, now and then, and before a
 * fork, as a process that one of several threads has forked must not look.
 */
void pyw_log_file_note_zone(void);

/*
 * Writes a record with its prefix and line end to `line`, without a NUL, and returns its length. `text` is escaped;
 * `taken` is the number of its bytes that fitted.
 */
size_t pyw_log_file_line(char line[PYW_LOG_LINE_MAX], const pyw_log_origin *origin, const char *text, size_t length,
                         size_t *taken);

#endif
