/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/tolerance.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config/options/parse/range.h"
#include "config/options/parse/value.h"

typedef struct tolerated {
    const char *name;
    long long least;     /* mod_wsgi refuses smaller numbers; in its unit: seconds, bytes */
    int is_capacity;     /* a smaller number than configured needs a warning */
    int zero_is_default; /* also if `least` is larger */
} tolerated;

static const tolerated numbers[] = {
    {"processes", 1, 1, 0},
    {"threads", 0, 1, 0},
    {"listen-backlog", 0, 0, 0},
    {"connect-timeout", 0, 0, 0},
    {"socket-timeout", 0, 0, 0},
    {"shutdown-timeout", 0, 0, 0},
    {"startup-timeout", 0, 0, 0},
    {"graceful-timeout", 0, 0, 0},
    {"eviction-timeout", 0, 0, 0},
    {"deadlock-timeout", 0, 0, 0},
    {"request-timeout", 0, 0, 0},
    {"queue-timeout", 0, 0, 0},
    {"interrupt-timeout", 0, 0, 0},
    {"inactivity-timeout", 0, 0, 0},
    {"restart-interval", 0, 0, 0},
    {"maximum-requests", 0, 0, 0},
    {"cpu-time-limit", 0, 0, 0},
    {"cpu-priority", LLONG_MIN, 0, 0},
    {"memory-limit", 0, 0, 0},
    {"virtual-memory-limit", 0, 0, 0},
    {"stack-size", 1, 0, 0},
    {"send-buffer-size", 512, 0, 1},
    {"receive-buffer-size", 512, 0, 1},
    {"header-buffer-size", 8192, 0, 1},
    {"response-buffer-size", 0, 0, 1},
    {NULL, 0, 0, 0},
};

/* Options whose text may be empty. */
static const char *const texts[] = {"lang",        "locale",       "python-path",          "python-eggs",
                                    "python-home", "display-name", "supplementary-groups", NULL};

static const tolerated *find_number(const char *name)
{
    for (const tolerated *number = numbers; number->name != NULL; number++) {
        if (strcmp(number->name, name) == 0) {
            return number;
        }
    }
    return NULL;
}

static int may_be_empty(const char *name)
{
    const char *const *text = texts;

    while (*text != NULL && strcmp(*text, name) != 0) {
        text++;
    }
    return *text != NULL;
}

static int is_allowed(const tolerated *allowed, long long number)
{
    return number >= allowed->least || (number == 0 && allowed->zero_is_default);
}

static int parse_number(const pyw_option_rule *rule, const char *value, long long *number)
{
    switch (rule->kind) {
    case PYW_KIND_DURATION:
        return pyw_value_duration(value, number);
    case PYW_KIND_SIZE:
        return pyw_value_size(value, number);
    default:
        return pyw_value_number(value, 10, number);
    }
}

/* Like atoi(3), but a number that does not fit becomes the largest possible number. */
static long long leading_number(const char *value)
{
    long long number = strtoll(value, NULL, 10);

    return number > INT_MAX ? INT_MAX : number < INT_MIN ? INT_MIN : number;
}

static int is_only_digits(const char *value)
{
    return value[strspn(value, "0123456789")] == '\0';
}

static long long nearest_valid(const pyw_option_rule *rule, long long number)
{
    if (number > rule->most) {
        return rule->most;
    }
    return number < rule->least && (rule->kind != PYW_KIND_SIZE || number != 0) ? rule->least : number;
}

static const char *number_text(apr_pool_t *pool, const pyw_option_rule *rule, long long number)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT "%s", (apr_int64_t)number,
                        rule->kind == PYW_KIND_DURATION ? "ms" : "");
}

/* The number in the rule's unit; 0: mod_wsgi also refuses the value. */
static int read_number(apr_pool_t *pool, pyw_group_options *options, const pyw_option_rule *rule, const char *value,
                       const tolerated *allowed, long long *number)
{
    long long leading = leading_number(value);

    if (parse_number(rule, value, number)) {
        return is_allowed(allowed, *number);
    }
    if (!is_allowed(allowed, leading) || *value == '\0') {
        return 0;
    }
    if (!is_only_digits(value)) {
        APR_ARRAY_PUSH(options->httpd.warnings, const char *) =
            apr_psprintf(pool, "option '%s' is '%s', which is read as %d, as mod_wsgi does: it should be %s",
                         rule->name, value, (int)leading, pyw_option_range(pool, rule));
    }
    *number = rule->kind == PYW_KIND_DURATION ? leading * 1000 : leading;
    return 1;
}

static const char *tolerate_number(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                                   const char *value, const tolerated *allowed)
{
    long long number, used;
    apr_array_header_t *list = allowed->is_capacity ? options->httpd.warnings : options->httpd.notices;

    if (!read_number(pool, options, rule, value, allowed, &number)) {
        return value;
    }
    if (number == 0 && allowed->zero_is_default) {
        return NULL;
    }
    used = nearest_valid(rule, number);
    if (used == number) {
        return parse_number(rule, value, &number) ? value : number_text(pool, rule, used);
    }
    APR_ARRAY_PUSH(list, const char *) =
        apr_psprintf(pool, "option '%s' is '%s', and %s is used instead: it can be %s", rule->name, value,
                     number_text(pool, rule, used), pyw_option_range(pool, rule));
    return number_text(pool, rule, used);
}

/* mod_wsgi passes any octal number to umask(2), which uses the permissions in it. */
static const char *tolerate_umask(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                                  const char *value)
{
    char *end;
    long number = strtol(value, &end, 8);
    const char *used = apr_psprintf(pool, "%03lo", number & rule->most);

    if (*value == '\0' || *end != '\0' || number < 0 || number == LONG_MAX) {
        return value;
    }
    if (number > rule->most) {
        APR_ARRAY_PUSH(options->httpd.warnings, const char *) =
            apr_psprintf(pool, "option '%s' is '%s', and %s is used instead: it should be %s", rule->name, value, used,
                         pyw_option_range(pool, rule));
    }
    return used;
}

/* Python resolves a relative path when the worker starts. */
static void warn_of_relative(pyw_group_options *options, apr_pool_t *pool, const char *name, const char *value)
{
    char *state = NULL;
    char *copy = apr_pstrdup(pool, value);

    for (char *path = apr_strtok(copy, ":", &state); path != NULL; path = apr_strtok(NULL, ":", &state)) {
        if (*path != '/') {
            APR_ARRAY_PUSH(options->httpd.warnings, const char *) =
                apr_psprintf(pool,
                             "'%s' in option '%s' is relative to the working directory of the workers (home=): "
                             "write an absolute path",
                             path, name);
        }
    }
}

const char *pyw_option_tolerate(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                                const char *value)
{
    const tolerated *allowed = find_number(rule->name);

    if (*value == '\0' && may_be_empty(rule->name)) {
        APR_ARRAY_PUSH(options->httpd.notices, const char *) =
            apr_psprintf(pool, "option '%s' is empty, which has no effect", rule->name);
        return NULL;
    }
    if (rule->kind == PYW_KIND_PATHS) {
        warn_of_relative(options, pool, rule->name, value);
    }
    if (rule->kind == PYW_KIND_OCTAL) {
        return tolerate_umask(options, pool, rule, value);
    }
    /* "2-8" is a range of mod_pywsgi. */
    if (allowed == NULL || (rule->kind == PYW_KIND_PROCESSES && strchr(value, '-') != NULL)) {
        return value;
    }
    return tolerate_number(options, pool, rule, value, allowed);
}
