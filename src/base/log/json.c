/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log/json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

enum {
    END_LENGTH = 4,      /* "\"}\n" */
    MESSAGE_LEAST = 512, /* reserved for the message */
    ESCAPED_MAX = 8
};

static void add_bytes(pyw_log_json *json, const char *text, size_t length)
{
    memcpy(json->line + json->length, text, length);
    json->length += length;
}

/* Escapes the character at `text`, and sets `taken` to its length. A byte that is not UTF-8 becomes the text \xHH. */
static size_t escape_character(char out[ESCAPED_MAX], const char *text, size_t length, size_t *taken)
{
    *taken = pyw_utf8_character(text, length);
    if (*taken == 0) {
        *taken = 1;
        return (size_t)snprintf(out, ESCAPED_MAX, "\\\\x%02x", (unsigned char)*text);
    }
    if (*text == '"' || *text == '\\') {
        return (size_t)snprintf(out, ESCAPED_MAX, "\\%c", *text);
    }
    if (!pyw_utf8_is_printable(text, *taken) || *text == '\t') { /* all of these are below U+10000 */
        return (size_t)snprintf(out, ESCAPED_MAX, "\\u%04x", (unsigned)pyw_utf8_decode(text, *taken));
    }
    memcpy(out, text, *taken);
    return *taken;
}

/* Adds characters until the line is `most` bytes long. Returns the number of bytes of the text that fitted. */
static size_t add_text(pyw_log_json *json, const char *text, size_t length, size_t most)
{
    size_t done = 0;

    while (done < length) {
        char escaped[ESCAPED_MAX];
        size_t taken, width = escape_character(escaped, text + done, length - done, &taken);

        if (json->length + width > most) {
            break;
        }
        add_bytes(json, escaped, width);
        done += taken;
    }
    return done;
}

void pyw_log_json_begin(pyw_log_json *json, const pyw_log_origin *origin, const char *module)
{
    struct timespec now;
    struct tm day;

    clock_gettime(CLOCK_REALTIME, &now);
    pyw_log_file_take_apart(now.tv_sec, &day);
    json->length =
        (size_t)snprintf(json->line, sizeof(json->line),
                         "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\",\"level\":\"%s\",\"module\":"
                         "\"%.64s\",\"pid\":%ld,\"tid\":%ld",
                         day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec,
                         now.tv_nsec / 1000, pyw_log_file_level_name(origin->level), module, origin->pid, origin->tid);
}

static int has_room(const pyw_log_json *json)
{
    return json->length + PYW_LOG_JSON_TEXT_MAX + MESSAGE_LEAST < sizeof(json->line);
}

/* ,"name":" */
static void add_name(pyw_log_json *json, const char *name)
{
    add_bytes(json, ",\"", 2);
    add_bytes(json, name, strlen(name));
    add_bytes(json, "\":", 2);
}

void pyw_log_json_text(pyw_log_json *json, const char *name, const char *text)
{
    if (text != NULL && has_room(json)) {
        add_name(json, name);
        add_bytes(json, "\"", 1);
        add_text(json, text, strlen(text), json->length + PYW_LOG_JSON_TEXT_MAX - 64);
        add_bytes(json, "\"", 1);
    }
}

void pyw_log_json_number(pyw_log_json *json, const char *name, long number)
{
    char digits[24];

    if (has_room(json)) {
        int length = snprintf(digits, sizeof(digits), "%ld", number);

        add_name(json, name);
        add_bytes(json, digits, (size_t)length);
    }
}

/* The length of a tag, of capital letters and digits, before ": " at the beginning of the message; 0: none. */
static size_t tag_length(const char *message, size_t length)
{
    size_t letters = 0, digits = 0;

    while (letters < length && letters < 4 && message[letters] >= 'A' && message[letters] <= 'Z') {
        letters++;
    }
    while (letters + digits < length && digits < 6 && message[letters + digits] >= '0' &&
           message[letters + digits] <= '9') {
        digits++;
    }
    return letters >= 2 && digits >= 4 && length >= letters + digits + 2 &&
                   memcmp(message + letters + digits, ": ", 2) == 0
               ? letters + digits
               : 0;
}

size_t pyw_log_json_end(pyw_log_json *json, const char *message, size_t length)
{
    size_t tag = tag_length(message, length);
    size_t start = tag > 0 ? tag + 2 : 0;
    size_t done;

    if (tag > 0) {
        add_bytes(json, ",\"tag\":\"", 8);
        add_bytes(json, message, tag);
        add_bytes(json, "\"", 1);
    }
    add_bytes(json, ",\"message\":\"", 12);
    done = start + add_text(json, message + start, length - start, sizeof(json->line) - END_LENGTH);
    add_bytes(json, "\"}\n", 3);
    return done;
}
