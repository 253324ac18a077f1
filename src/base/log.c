/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static struct {
    pyw_log_sink *sink;
    void *baton;
    _Atomic pyw_log_level threshold;
} installed;

void pyw_log_install(pyw_log_sink *sink, void *baton, pyw_log_level threshold)
{
    installed.sink = sink;
    installed.baton = baton;
    installed.threshold = threshold;
}

void pyw_log_set_threshold(pyw_log_level threshold)
{
    atomic_store_explicit(&installed.threshold, threshold, memory_order_relaxed);
}

int pyw_log_is_on(pyw_log_level level)
{
    return installed.sink != NULL && level <= atomic_load_explicit(&installed.threshold, memory_order_relaxed);
}

int pyw_log_format(char *text, size_t size, const char *format, va_list args)
{
    int length = vsnprintf(text, size, format, args);

    return length < 0 || (size_t)length < size ? length : (int)size - 1;
}

void pyw_log(pyw_log_level level, const char *format, ...)
{
    char text[PYW_LOG_RECORD_MAX];
    va_list args;
    int length;

    if (!pyw_log_is_on(level)) {
        return;
    }
    va_start(args, format);
    length = pyw_log_format(text, sizeof(text), format, args);
    va_end(args);
    if (length >= 0) {
        installed.sink(installed.baton, level, text, (size_t)length);
    }
}

/* Writes each byte as \xHH. */
static void escape_bytes(char *out, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        *out++ = '\\';
        *out++ = 'x';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
}

size_t pyw_log_escape_part(char *out, size_t size, const char *text, size_t length, size_t *taken)
{
    size_t used = 0;

    *taken = 0;
    while (*taken < length) {
        const char *at = text + *taken;
        size_t character = pyw_utf8_character(at, length - *taken);
        size_t bytes = character > 0 ? character : 1;
        int is_printable = character > 0 && pyw_utf8_is_printable(at, character);
        size_t width = is_printable ? bytes : 4 * bytes;

        if (used + width >= size) {
            break;
        }
        if (is_printable) {
            memcpy(out + used, at, bytes);
        }
        else {
            escape_bytes(out + used, at, bytes);
        }
        used += width;
        *taken += bytes;
    }
    if (size > 0) {
        out[used] = '\0';
    }
    return used;
}

size_t pyw_log_escape(char *out, size_t size, const char *text, size_t length)
{
    size_t taken;

    return pyw_log_escape_part(out, size, text, length, &taken);
}
