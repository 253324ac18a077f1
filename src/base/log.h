/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_LOG_H
#define PYW_BASE_LOG_H

/*
 * Logging for code that does not depend on httpd.
 *
 * Each process installs one sink in its main file: httpd's child passes records to ap_log_error, pywsgid writes lines
 * to descriptor 2, the engine passes them to its host. Any thread may log, with or without the GIL; a sink must be
 * thread-safe and must not take the GIL.
 */

#include <stdarg.h>
#include <stddef.h>

/* The values are syslog's, and httpd's APLOG_*. */
typedef enum {
    PYW_LOG_EMERG = 0,
    PYW_LOG_ALERT,
    PYW_LOG_CRIT,
    PYW_LOG_ERR,
    PYW_LOG_WARNING,
    PYW_LOG_NOTICE,
    PYW_LOG_INFO,
    PYW_LOG_DEBUG,
    PYW_LOG_TRACE
} pyw_log_level;

/* The stable tag at the beginning of a message: PYWNO(0042) "text". docs/errors.md has an entry for each. */
#define PYWNO(number) "PYW" #number ": "

/* The maximum length of a record, including the terminating NUL; longer records are truncated. */
#define PYW_LOG_RECORD_MAX 8192

/* `text` is one line of `length` bytes without newline, NUL-terminated, valid during the call only. */
typedef void pyw_log_sink(void *baton, pyw_log_level level, const char *text, size_t length);

/* Installs the sink of this process. Not thread-safe: call it before threads exist. Without a sink records are lost. */
void pyw_log_install(pyw_log_sink *sink, void *baton, pyw_log_level threshold);

/* Changes the threshold of the installed sink. Any thread, also while others log. */
void pyw_log_set_threshold(pyw_log_level threshold);

int pyw_log_is_on(pyw_log_level level);

/* vsnprintf(3) for a record. Returns the length of `text`, which is cut to its size; -1: it cannot be formatted. */
int pyw_log_format(char *text, size_t size, const char *format, va_list args);

void pyw_log(pyw_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Copies `text` to `out` (of `size` bytes). UTF-8 is copied as it is. Control characters, line separators,
 * bidirectional controls and invalid UTF-8 are written as \xHH, so that an application cannot forge records or control
 * a terminal. Returns the length written, without the NUL; stops before a character that does not fit. Text that is
 * already escaped does not change.
 */
size_t pyw_log_escape(char *out, size_t size, const char *text, size_t length);

/* As above; `taken`: the number of bytes of `text` that fitted. */
size_t pyw_log_escape_part(char *out, size_t size, const char *text, size_t length, size_t *taken);

#endif
