/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_UTF8_H
#define PYW_UTF8_H

/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure functions. */

#include <stddef.h>
#include <stdint.h>

/* The bytes of the valid character at the beginning of `text`: 1 to 4. 0: there is none. */
size_t pyw_utf8_character(const char *text, size_t length);

/* The code point of a valid character of `length` bytes. */
uint32_t pyw_utf8_decode(const char *text, size_t length);

/* Is that character harmless in a log? Not: control characters, line separators, bidirectional controls. */
int pyw_utf8_is_printable(const char *text, size_t length);

/* How much of `text` can be cut off without cutting a character that may go on behind it. */
size_t pyw_utf8_whole(const char *text, size_t length);

#endif
