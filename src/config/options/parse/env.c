/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/env.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os/regular_file.h"

enum { LINE_MOST = 32 * 1024, FILE_MOST = 256 * 1024 };

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

/* `setting` lives as long as the options. It may be a secret, so no error message quotes it. */
static const char *add_setting(pyw_group_options *options, const char *setting)
{
    const char *equals = strchr(setting, '=');

    if (equals == NULL || !is_name(setting, (size_t)(equals - setting))) {
        return "it is not NAME=value, where NAME consists of letters, digits and _ and does not begin with a digit";
    }
    APR_ARRAY_PUSH(options->worker.env, const char *) = setting;
    return NULL;
}

const char *pyw_option_env_add(pyw_group_options *options, apr_pool_t *pool, const char *setting)
{
    const char *copy = pyw_secrets_copy(options->httpd.secrets, pool, setting);

    return copy != NULL ? add_setting(options, copy) : "memory that httpd's children do not inherit is not available";
}

/* Removes the quotes from NAME="value", in place. */
static void unquote(char *setting)
{
    char *value = strchr(setting, '=');
    size_t length = value != NULL ? strlen(++value) : 0;

    if (length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value) {
        value[length - 1] = '\0';
        memmove(value, value + 1, length - 1);
    }
}

static const char *add_line(pyw_group_options *options, char *line)
{
    size_t length = strlen(line);

    if (length >= LINE_MOST) {
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
    return add_setting(options, line);
}

/* Reads the whole file, less than `size` bytes. Returns -1 with errno; EFBIG: the file is larger. */
static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t length = 0;

    for (;;) {
        ssize_t got = read(fd, text + length, size - length);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? -1 : (ssize_t)length;
        }
        length += (size_t)got;
        if (length == size) {
            errno = EFBIG;
            return -1;
        }
    }
}

/* The contents of the file, NULL with errno. No other buffer holds a copy. */
static char *read_env_file(const pyw_group_options *options, apr_pool_t *pool, const char *path)
{
    int fd = pyw_regular_file_open(path);
    char *text = NULL;
    struct stat found;
    int error;

    if (fd >= 0 && fstat(fd, &found) == 0) {
        size_t size = found.st_size < FILE_MOST ? (size_t)found.st_size + 1 : FILE_MOST;

        text = pyw_secrets_allocate(options->httpd.secrets, pool, size + 1);
        if (text != NULL && read_all(fd, text, size) < 0) {
            text = NULL;
        }
    }
    error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return text;
}

static const char *describe_error(int error)
{
    return error == EFBIG    ? "the file is larger than 256 KiB, or is growing"
           : error == EINVAL ? "it is not a regular file"
                             : strerror(error);
}

const char *pyw_option_env_file(pyw_group_options *options, apr_pool_t *pool, const char *path)
{
    char *line = read_env_file(options, pool, path);
    const char *error = NULL;

    if (line == NULL) {
        return apr_psprintf(pool, "%s: %s", path, describe_error(errno));
    }
    for (int number = 1; error == NULL && line != NULL; number++) {
        char *next = strchr(line, '\n');

        if (next != NULL) {
            *next++ = '\0';
        }
        error = add_line(options, line);
        if (error != NULL) {
            error = apr_psprintf(pool, "%s:%d: %s", path, number, error);
        }
        line = next;
    }
    return error;
}
