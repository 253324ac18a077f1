/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pyw_log.h"

#include <stdio.h>

static struct {
    pyw_log_sink *sink;
    void *baton;
    pyw_log_level threshold;
} installed;

void pyw_log_install(pyw_log_sink *sink, void *baton, pyw_log_level threshold)
{
    installed.sink = sink;
    installed.baton = baton;
    installed.threshold = threshold;
}

int pyw_log_is_on(pyw_log_level level)
{
    return installed.sink != NULL && level <= installed.threshold;
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
    length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (length < 0) {
        return;
    }
    if ((size_t)length >= sizeof(text)) {
        length = (int)sizeof(text) - 1;
    }
    installed.sink(installed.baton, level, text, (size_t)length);
}

size_t pyw_log_escape(char *out, size_t size, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    size_t used = 0;

    if (size == 0) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        int printable = (c >= 0x20 && c != 0x7f) || c == '\t';

        if (used + (printable ? 1 : 4) >= size) {
            break;
        }
        if (printable) {
            out[used++] = (char)c;
        }
        else {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = hex[c >> 4];
            out[used++] = hex[c & 15];
        }
    }
    out[used] = '\0';
    return used;
}
