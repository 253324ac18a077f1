/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_UTF8_H
#define PYW_BASE_UTF8_H

/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure functions. */

#include <stddef.h>
#include <stdint.h>

/* The length of the valid character at the beginning of `text`, 1 to 4. 0: there is none. */
size_t pyw_utf8_character(const char *text, size_t length);

/* The code point of a valid character of `length` bytes. */
uint32_t pyw_utf8_decode(const char *text, size_t length);

/* Whether the character is harmless in a log: no control character, line separator or bidirectional control. */
int pyw_utf8_is_printable(const char *text, size_t length);

/* The length of `text` without an incomplete character at its end. */
size_t pyw_utf8_whole(const char *text, size_t length);

#endif
