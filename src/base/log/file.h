/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_LOG_FILE_H
#define PYW_BASE_LOG_FILE_H

/* Formats log records like httpd's error log, for the manager, which does not link httpd. Any thread. */

#include <time.h>

#include "base/log.h"

enum { PYW_LOG_LINE_MAX = PYW_LOG_RECORD_MAX + 160 };

/* The process that logs. */
typedef struct pyw_log_origin {
    pyw_log_level level;
    long pid;
    long tid;
} pyw_log_origin;

/*
 * Looks up the offset of local time from UTC, for later records. Call it at the start, periodically, and before a fork:
 * the child of a multi-threaded process must not call localtime_r(3).
 */
void pyw_log_file_note_zone(void);

/* gmtime_r(3) without its lock, which another thread may have held when this process was forked. */
void pyw_log_file_take_apart(time_t seconds, struct tm *day);

/* "error", "warn" ... */
const char *pyw_log_file_level_name(pyw_log_level level);

/*
 * Writes a record with its prefix and line end to `line`, without a NUL, and returns its length. `text` is escaped;
 * `taken` is the number of its bytes that fitted.
 */
size_t pyw_log_file_line(char line[PYW_LOG_LINE_MAX], const pyw_log_origin *origin, const char *text, size_t length,
                         size_t *taken);

#endif
