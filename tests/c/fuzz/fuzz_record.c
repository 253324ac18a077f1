/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for log records as JSON, whose texts come from clients, workers and applications. The first byte is
 * the length of the text of a member, which also is the header traceparent of a request; the rest is the message. Each
 * record is one line of valid JSON, and the escapes of httpd are undone to the same message.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/json.h"
#include "base/traceparent.h"
#include "checks.h"
#include "httpd/log/unescape.h"
#include "valid_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    pyw_must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void check_record(const char *member, const char *message, size_t length)
{
    static const pyw_log_origin origin = {PYW_LOG_WARNING, 12, 34};
    pyw_log_json json;

    pyw_log_json_begin(&json, &origin, "pywsgi");
    pyw_log_json_text(&json, "url", member);
    pyw_log_json_number(&json, "worker", 7);
    pyw_log_json_text(&json, "group", member);
    pyw_must(pyw_log_json_end(&json, message, length) <= length);
    pyw_must(json.length < sizeof(json.line) && json.line[json.length - 1] == '\n');
    json.line[json.length - 1] = '\0';
    pyw_must(strlen(json.line) == json.length - 1);
    pyw_must_be_escaped(json.line);
    pyw_must_be_json(json.line);
}

static void check_traceparent(const char *text)
{
    if (pyw_traceparent_is_valid(text, strlen(text))) {
        pyw_must(strspn(text, "0123456789abcdef-") == PYW_TRACEPARENT_LENGTH);
    }
}

/* As ap_escape_errorlog_item does. */
static char *escape(const char *message)
{
    char *escaped = malloc(4 * strlen(message) + 1), *out = escaped;

    pyw_must(escaped != NULL);
    for (; *message != '\0'; message++) {
        int is_plain = (unsigned char)*message >= ' ' && (unsigned char)*message < 0x7f && *message != '\\';

        out += sprintf(out, is_plain ? "%c" : *message == '\\' ? "\\\\" : "\\x%02x", (unsigned char)*message);
    }
    *out = '\0';
    return escaped;
}

static void check_escapes(const char *message)
{
    size_t length = strlen(message);
    char *escaped = escape(message), *plain = malloc(length + 1);

    pyw_must(plain != NULL);
    pyw_must(pyw_httpd_log_unescape(plain, length + 1, escaped) == length && memcmp(plain, message, length) == 0);
    pyw_must(pyw_httpd_log_unescape(plain, length / 2, escaped) == length / 2);
    pyw_must(pyw_httpd_log_unescape(plain, length + 1, message) <= length);
    free(plain);
    free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length = size > 1 ? data[0] % size : 0;
    char *member, *message;

    if (size == 0) {
        return 0;
    }
    member = copy_text(data + 1, length);
    message = copy_text(data + 1 + length, size - 1 - length);
    check_record(member, message, size - 1 - length);
    check_traceparent(member);
    check_escapes(message);
    free(message);
    free(member);
    return 0;
}
