/* SPDX-License-Identifier: Apache-2.0 */
#include "base/traceparent.h"

#include <string.h>

/* The fields: version, trace id, parent id, flags. */
enum { VERSION = 0, TRACE = 3, PARENT = 36, FLAGS = 53, FLAGS_LENGTH = 2 };

static int is_hexadecimal(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && ((text[at] >= '0' && text[at] <= '9') || (text[at] >= 'a' && text[at] <= 'f'))) {
        at++;
    }
    return at == length;
}

static int is_zero(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && text[at] == '0') {
        at++;
    }
    return at == length;
}

static int is_id(const char *text, size_t length)
{
    return is_hexadecimal(text, length) && !is_zero(text, length) && text[length] == '-';
}

int pyw_traceparent_is_valid(const char *text, size_t length)
{
    return length == PYW_TRACEPARENT_LENGTH && is_hexadecimal(text + VERSION, TRACE - 1) && text[TRACE - 1] == '-' &&
           memcmp(text + VERSION, "ff", 2) != 0 && is_id(text + TRACE, PARENT - TRACE - 1) &&
           is_id(text + PARENT, FLAGS - PARENT - 1) && is_hexadecimal(text + FLAGS, FLAGS_LENGTH);
}
