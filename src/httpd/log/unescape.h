/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_LOG_UNESCAPE_H
#define PYW_HTTPD_LOG_UNESCAPE_H

/* The escapes of httpd's log records, whose \xHH is no JSON. A pure function; any thread. */

#include <stddef.h>

/* Undoes ap_escape_errorlog_item. Writes at most `size` bytes, without a NUL. Returns their number. */
size_t pyw_httpd_log_unescape(char *out, size_t size, const char *text);

#endif
