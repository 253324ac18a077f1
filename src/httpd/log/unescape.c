/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/log/unescape.h"

#include <apr_lib.h>
#include <string.h>

static int from_hexadecimal(const char *text)
{
    const char *digits = "0123456789abcdef";
    const char *high = *text ? strchr(digits, apr_tolower(text[0])) : NULL;
    const char *low = high && text[1] ? strchr(digits, apr_tolower(text[1])) : NULL;

    return low ? (int)((high - digits) * 16 + (low - digits)) : -1;
}

/* The character of an escape after its backslash; -1: none. */
static int from_escape(const char *text, size_t *length)
{
    static const char letters[] = "bnrtv\\", characters[] = "\b\n\r\t\v\\";
    const char *letter = *text ? strchr(letters, *text) : NULL;

    *length = *text == 'x' ? 3 : 1;
    return letter ? characters[letter - letters] : *text == 'x' ? from_hexadecimal(text + 1) : -1;
}

size_t pyw_httpd_log_unescape(char *out, size_t size, const char *text)
{
    size_t used = 0, length;

    while (*text && used < size) {
        int character = *text == '\\' ? from_escape(text + 1, &length) : -1;

        if (character >= 0) {
            out[used++] = (char)character;
            text += 1 + length;
        }
        else {
            out[used++] = *text++;
        }
    }
    return used;
}
