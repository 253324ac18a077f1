/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/value.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct unit {
    const char *name;
    long long factor;
} unit;

static const unit durations[] = {
    {"", 1000}, {"ms", 1}, {"s", 1000}, {"sec", 1000}, {"min", 60LL * 1000}, {"h", 60LL * 60 * 1000}, {NULL, 0},
};

static const unit sizes[] = {
    {"", 1},
    {"b", 1},
    {"k", 1024},
    {"kb", 1024},
    {"m", 1024LL * 1024},
    {"mb", 1024LL * 1024},
    {"g", 1024LL * 1024 * 1024},
    {"gb", 1024LL * 1024 * 1024},
    {NULL, 0},
};

/* The maximum of all values. Sums and products of a few of them do not overflow. */
static const long long VALUE_MOST = LLONG_MAX / 4;

int pyw_value_number(const char *text, int base, long long *number)
{
    char *end;

    if (!isdigit((unsigned char)*text) && *text != '-') {
        return 0;
    }
    errno = 0;
    *number = strtoll(text, &end, base);
    return errno == 0 && end != text && *end == '\0' && isdigit((unsigned char)end[-1]);
}

int pyw_value_switch(const char *text, long long *is_on)
{
    *is_on = strcasecmp(text, "On") == 0;
    return *is_on || strcasecmp(text, "Off") == 0;
}

const char *const pyw_value_reloads[] = {"auto", "always", "never", NULL};

int pyw_value_reload(const char *text, long long *index)
{
    *index = 0;
    while (pyw_value_reloads[*index] != NULL && strcasecmp(text, pyw_value_reloads[*index]) != 0) {
        ++*index;
    }
    return pyw_value_reloads[*index] != NULL;
}

int pyw_value_span(const char *text, long long *least, long long *most)
{
    const char *dash = strchr(text, '-');
    char *end;

    if (dash == NULL || !isdigit((unsigned char)*text) || !isdigit((unsigned char)dash[1])) {
        *least = 0;
        return dash == NULL && pyw_value_number(text, 10, most) && (*least = *most) >= 0;
    }
    errno = 0;
    *least = strtoll(text, &end, 10);
    return errno == 0 && end == dash && pyw_value_number(dash + 1, 10, most) && *least <= *most;
}

int pyw_value_percent(const char *text, long long *percent)
{
    char *end;

    if (!isdigit((unsigned char)*text)) {
        return 0;
    }
    errno = 0;
    *percent = strtoll(text, &end, 10);
    return errno == 0 && strcmp(*end == '%' ? end + 1 : end, "") == 0;
}

/* Parses digits, a fraction if `fraction`, and a unit. The result is in the smallest unit; further digits are cut. */
static int with_unit(const char *text, const unit *units, int fraction, long long *value)
{
    char *end;
    long long whole, thousandths = 0;

    if (!isdigit((unsigned char)*text)) {
        return 0;
    }
    errno = 0;
    whole = strtoll(text, &end, 10);
    if (fraction && *end == '.') {
        end++;
        for (int weight = 100; isdigit((unsigned char)*end); weight /= 10) {
            thousandths += (long long)weight * (*end++ - '0');
        }
    }
    while (units->name != NULL && strcasecmp(units->name, end) != 0) {
        units++;
    }
    if (errno != 0 || units->name == NULL || whole > VALUE_MOST / units->factor) {
        return 0;
    }
    *value = whole * units->factor + thousandths * units->factor / 1000;
    return 1;
}

int pyw_value_duration(const char *text, long long *milliseconds)
{
    return with_unit(text, durations, 1, milliseconds);
}

int pyw_value_is_seconds(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length < 20 && strspn(text, "0123456789.") == length && strspn(text, "0.") < length &&
           strchr(text, '.') == strrchr(text, '.');
}

int pyw_value_size(const char *text, long long *bytes)
{
    return with_unit(text, sizes, 0, bytes);
}
