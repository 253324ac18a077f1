/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_LOG_JSON_H
#define PYW_BASE_LOG_JSON_H

/*
 * A log record as a JSON object in one line, for WSGIJSONLog. Every line is a complete object of valid UTF-8, whatever
 * the texts contain. httpd and the manager; any thread, with a pyw_log_json of its own.
 */

#include "base/log/file.h"

enum {
    PYW_LOG_JSON_MAX = 16 * 1024, /* of a line; Docker splits longer ones */
    PYW_LOG_JSON_TEXT_MAX = 1500  /* of a member other than the message */
};

typedef struct pyw_log_json {
    char line[PYW_LOG_JSON_MAX];
    size_t length;
} pyw_log_json;

/* Begins a line with "time" (RFC 3339, UTC), "level", "module", "pid" and "tid". */
void pyw_log_json_begin(pyw_log_json *json, const pyw_log_origin *origin, const char *module);

/* Adds a member, which is cut if it is too long. NULL: no member. */
void pyw_log_json_text(pyw_log_json *json, const char *name, const char *text);
void pyw_log_json_number(pyw_log_json *json, const char *name, long number);

/*
 * Adds "tag", if the message begins with one ("PYW0603: ", "AH01630: "), and "message", and ends the line with a
 * newline. Returns the number of bytes of the message that fitted.
 */
size_t pyw_log_json_end(pyw_log_json *json, const char *message, size_t length);

#endif
