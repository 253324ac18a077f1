/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the options of a process group, and the files of env-file=. Each line of the input is
 * name=value, as httpd's parent would send it; after the first NUL follows the text of an env-file. The pairs of the
 * result restore the same options, and env has only NAME=value.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checks.h"
#include "config/options/options.h"
#include "config/options/parse/env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* env-file= would read files of the machine. */
static void set_line(pyw_group_options *options, apr_pool_t *pool, char *line, int restores)
{
    char *value = strchr(line, '=');

    if (value != NULL) {
        *value++ = '\0';
        if (strcmp(line, "env-file") != 0) {
            const char *error = restores ? pyw_options_restore(options, pool, line, value)
                                         : pyw_options_set(options, pool, line, value);

            pyw_must(error == NULL || *error != '\0');
        }
    }
}

static void set_lines(pyw_group_options *options, apr_pool_t *pool, char *text, int restores)
{
    char *state;

    for (char *line = apr_strtok(text, "\n", &state); line != NULL; line = apr_strtok(NULL, "\n", &state)) {
        set_line(options, pool, line, restores);
    }
}

static void read_env_file(pyw_group_options *options, apr_pool_t *pool, const uint8_t *data, size_t size)
{
    int fd = memfd_create("env", MFD_CLOEXEC);

    pyw_must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)pyw_option_env_file(options, pool, apr_psprintf(pool, "/proc/self/fd/%d", fd));
    close(fd);
}

static void check_env(const pyw_group_options *options)
{
    for (int i = 0; i < options->worker.env->nelts; i++) {
        const char *equals = strchr(APR_ARRAY_IDX(options->worker.env, i, const char *), '=');

        pyw_must(equals != NULL && equals != APR_ARRAY_IDX(options->worker.env, i, const char *));
    }
}

static void check_pairs(const pyw_group_options *options, apr_pool_t *pool)
{
    pyw_group_options *restored = pyw_options_create(pool, "group");
    const apr_table_t *pairs = pyw_options_pairs(options, PYW_PART_HTTPD, pool);
    const apr_array_header_t *before = apr_table_elts(pairs), *after;
    const char *error = pyw_options_restore_all(restored, pool, pairs);

    pyw_must(error == NULL);
    after = apr_table_elts(pyw_options_pairs(restored, PYW_PART_HTTPD, pool));
    pyw_must(before->nelts == after->nelts);
    for (int i = 0; i < before->nelts; i++) {
        pyw_must(strcmp(APR_ARRAY_IDX(before, i, apr_table_entry_t).key,
                        APR_ARRAY_IDX(after, i, apr_table_entry_t).key) == 0 &&
                 strcmp(APR_ARRAY_IDX(before, i, apr_table_entry_t).val,
                        APR_ARRAY_IDX(after, i, apr_table_entry_t).val) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\0', size);
    size_t length = end != NULL ? (size_t)(end - data) : size;
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    for (int restores = 0; restores <= 1; restores++) {
        pyw_group_options *options = pyw_options_create(pool, "group");

        set_lines(options, pool, apr_pstrmemdup(pool, (const char *)data, length), restores);
        if (length < size) {
            read_env_file(options, pool, data + length + 1, size - length - 1);
        }
        check_env(options);
        check_pairs(options, pool);
    }
    apr_pool_destroy(pool);
    return 0;
}
