/* SPDX-License-Identifier: Apache-2.0 */
#include "config/pyw_option_env.h"

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

enum { LINE_SIZE = 32 * 1024 };

static int is_name(const char *text, size_t length)
{
    if (length == 0 || apr_isdigit(*text)) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (!apr_isalnum(text[i]) && text[i] != '_') {
            return 0;
        }
    }
    return 1;
}

const char *pyw_option_env_add(apr_array_header_t *env, apr_pool_t *pool, const char *setting)
{
    const char *equals = strchr(setting, '=');

    if (equals == NULL || !is_name(setting, (size_t)(equals - setting))) {
        /* What stands there may be a secret. */
        return "that is no NAME=value; NAME is made of letters, digits and _, and does not begin with a digit";
    }
    APR_ARRAY_PUSH(env, const char *) = apr_pstrdup(pool, setting);
    return NULL;
}

/* NAME="value" without its quotes; in place. */
static void unquote(char *setting)
{
    char *value = strchr(setting, '=');
    size_t length = value != NULL ? strlen(++value) : 0;

    if (length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value) {
        value[length - 1] = '\0';
        memmove(value, value + 1, length - 1);
    }
}

static const char *add_line(apr_array_header_t *env, apr_pool_t *pool, char *line)
{
    size_t length = strlen(line);

    if (length == LINE_SIZE - 1 && line[length - 1] != '\n') {
        return "the line is longer than 32 KiB";
    }
    while (length > 0 && apr_isspace(line[length - 1])) {
        line[--length] = '\0';
    }
    while (apr_isspace(*line)) {
        line++;
    }
    if (*line == '\0' || *line == '#') {
        return NULL;
    }
    if (strncmp(line, "export ", 7) == 0) {
        line += 7;
    }
    unquote(line);
    return pyw_option_env_add(env, pool, line);
}

const char *pyw_option_env_file(apr_array_header_t *env, apr_pool_t *pool, const char *path)
{
    char *line = apr_palloc(pool, LINE_SIZE);
    const char *error = NULL;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_READ | APR_BUFFERED, APR_OS_DEFAULT, pool);

    if (rv != APR_SUCCESS) {
        char reason[120];

        return apr_psprintf(pool, "%s: %s", path, apr_strerror(rv, reason, sizeof(reason)));
    }
    for (int number = 1; error == NULL && apr_file_gets(line, LINE_SIZE, file) == APR_SUCCESS; number++) {
        error = add_line(env, pool, line);
        if (error != NULL) {
            error = apr_psprintf(pool, "%s:%d: %s", path, number, error);
        }
    }
    apr_file_close(file);
    return error;
}
