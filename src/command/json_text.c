/* SPDX-License-Identifier: Apache-2.0 */
#include "command/json_text.h"

#include <stdio.h>

#include "base/utf8.h"

/* All characters that are not printable are below U+10000. */
static void print_character(const char *text, size_t length)
{
    if (*text == '"' || *text == '\\') {
        printf("\\%c", *text);
    }
    else if (pyw_utf8_is_printable(text, length) && *text != '\t') {
        fwrite(text, 1, length, stdout);
    }
    else {
        printf("\\u%04x", (unsigned)pyw_utf8_decode(text, length));
    }
}

void pyw_json_print_text(const char *text, size_t length)
{
    size_t used = 0;

    putchar('"');
    while (used < length) {
        size_t character = pyw_utf8_character(text + used, length - used);

        if (character > 0) {
            print_character(text + used, character);
        }
        else {
            printf("\\\\x%02x", (unsigned char)text[used]);
        }
        used += character > 0 ? character : 1;
    }
    putchar('"');
}
