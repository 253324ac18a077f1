/* SPDX-License-Identifier: Apache-2.0 */
#include "valid_json.h"

#include <ctype.h>
#include <string.h>

#include "checks.h"

static const char *skip_value(const char *at);

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \n");
}

static const char *skip_text(const char *at)
{
    pyw_must(*at++ == '"');
    while (*at != '"') {
        pyw_must((unsigned char)*at >= ' ');
        if (*at == '\\') {
            at++;
            pyw_must(*at != '\0' && strchr("\"\\ntu", *at) != NULL);
            for (int i = 0; i < 4 && *at == 'u'; i++) {
                pyw_must(isxdigit((unsigned char)at[1 + i]));
            }
            at += *at == 'u' ? 4 : 0;
        }
        at++;
    }
    return at + 1;
}

/* The members of an object, or the elements of an array. */
static const char *skip_members(const char *at, char end)
{
    at = skip_space(at + 1);
    while (*at != end) {
        if (end == '}') {
            at = skip_space(skip_text(at));
            pyw_must(*at == ':');
            at++;
        }
        at = skip_space(skip_value(skip_space(at)));
        pyw_must(*at == ',' || *at == end);
        at = *at == ',' ? skip_space(at + 1) : at;
        pyw_must(*at != end || at[-1] != ',');
    }
    return at + 1;
}

static const char *skip_value(const char *at)
{
    static const char *const words[] = {"true", "false", "null"};

    if (*at == '{' || *at == '[') {
        return skip_members(at, *at == '{' ? '}' : ']');
    }
    if (*at == '"') {
        return skip_text(at);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0) {
            return at + strlen(words[i]);
        }
    }
    pyw_must(isdigit((unsigned char)*at));
    return at + strspn(at, "0123456789");
}

void pyw_must_be_json(const char *text)
{
    pyw_must(*skip_space(skip_value(skip_space(text))) == '\0');
}
