/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/validate.h"

#include <string.h>
#include <strings.h>

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_token_byte(unsigned char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
        return 1;
    }
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

pyw_status_fault pyw_validate_status(const char *text, size_t length, int *status, size_t *reason)
{
    if (length < 3 || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[2]) ||
        (length > 3 && text[3] != ' ')) {
        return PYW_STATUS_SHAPE;
    }
    if (!pyw_validate_value(text, length)) {
        return PYW_STATUS_CONTROL;
    }
    *status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    *reason = length > 3 ? 4 : 3;
    if (*status < 100 || *status > 599) {
        return PYW_STATUS_RANGE;
    }
    return *status < 200 ? PYW_STATUS_INTERIM : PYW_STATUS_OK;
}

int pyw_validate_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_token_byte((unsigned char)name[i])) {
            return 0;
        }
    }
    return length > 0;
}

int pyw_validate_value(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return 0;
        }
    }
    return 1;
}

int pyw_validate_length(const char *value, size_t length, uint64_t *number)
{
    uint64_t sum = 0;

    if (length == 0) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(value[i]) || sum > (INT64_MAX - 9) / 10) {
            return 0;
        }
        sum = sum * 10 + (uint64_t)(value[i] - '0');
    }
    *number = sum;
    return 1;
}

static int is_header(const char *name, size_t length, const char *known)
{
    return strlen(known) == length && strncasecmp(name, known, length) == 0;
}

int pyw_validate_is_hop_by_hop(const char *name, size_t length)
{
    static const char *const names[] = {"Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Trailer", "TE"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (is_header(name, length, names[i])) {
            return 1;
        }
    }
    return length >= 6 && strncasecmp(name, "Proxy-", 6) == 0;
}

int pyw_validate_is_content_length(const char *name, size_t length)
{
    return is_header(name, length, "Content-Length");
}
