/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

enum { LONGEST = 4 };

/* The length by the first byte; 0: not the first byte of a character. */
static size_t expected_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

uint32_t pyw_utf8_decode(const char *text, size_t length)
{
    static const unsigned char payload[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)text[0] & payload[length];

    for (size_t i = 1; i < length; i++) {
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    }
    return point;
}

size_t pyw_utf8_character(const char *text, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t expected = length > 0 ? expected_length((unsigned char)text[0]) : 0;
    uint32_t point;

    if (expected > length) {
        return 0;
    }
    for (size_t i = 1; i < expected; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if (expected < 2) {
        return expected;
    }
    point = pyw_utf8_decode(text, expected);
    return point < smallest[expected] || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff ? 0 : expected;
}

int pyw_utf8_is_printable(const char *text, size_t length)
{
    static const struct {
        uint32_t first, last;
    } refused[] = {
        {0x0000, 0x0008}, {0x000a, 0x001f}, {0x007f, 0x009f}, /* C0 without the tab, DEL, C1 */
        {0x2028, 0x2029},                                     /* line and paragraph separator */
        {0x061c, 0x061c}, {0x200e, 0x200f}, {0x202a, 0x202e}, /* bidirectional marks and embeddings */
        {0x2066, 0x2069},                                     /* and isolates */
    };
    uint32_t point = pyw_utf8_decode(text, length);

    if (point >= 0x20 && point < 0x7f) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (point >= refused[i].first && point <= refused[i].last) {
            return 0;
        }
    }
    return 1;
}

size_t pyw_utf8_whole(const char *text, size_t length)
{
    for (size_t back = 1; back < LONGEST && back <= length; back++) {
        unsigned char byte = (unsigned char)text[length - back];

        if (byte < 0x80) {
            break;
        }
        if (byte >= 0xc0) {
            return expected_length(byte) > back ? length - back : length;
        }
    }
    return length;
}
