/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the answers that `pywsgi` prints, and the stacks of a worker. The first byte chooses the output:
 * `status --json` or the table of rows (text_pairs.h); `stacks --json` of a text; or the stack of one thread as the
 * status page shows it. JSON is valid, and no byte controls a terminal.
 */
#include <apr_general.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "checks.h"
#include "command/status/json.h"
#include "command/status/rows.h"
#include "command/status/table.h"
#include "command/verbs/stacks_json.h"
#include "text_pairs.h"
#include "valid_json.h"
#include "wire/message.h"
#include "wire/stack_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STATUS_JSON, STATUS_TABLE, STACKS_JSON, THREAD, OUTPUTS };

static apr_array_header_t *read_rows(apr_pool_t *pool, const char *text, size_t length)
{
    apr_array_header_t *rows = apr_array_make(pool, 4, sizeof(pyw_pairs));

    while (length > 0) {
        pyw_pairs row = {0};
        size_t used = pyw_text_pairs_read(&row, text, length);

        pyw_status_take_row(rows, &row, NULL);
        pyw_pairs_free(&row);
        text += used;
        length -= used;
    }
    return rows;
}

static void print_stacks(apr_pool_t *pool, const char *text, size_t size)
{
    pyw_stacks_json *stacks = pyw_stacks_json_create(pool);
    pyw_pairs row = {0};

    pyw_pairs_add(&row, "thread", 6, text, size);
    pyw_stacks_json_request(stacks, &row);
    pyw_stacks_json_worker(stacks, &row, text, size);
    pyw_stacks_json_worker(stacks, &row, text, size / 2);
    pyw_stacks_json_end(stacks);
    pyw_pairs_free(&row);
}

static void print(apr_pool_t *pool, int output, const char *data, size_t size)
{
    FILE *terminal = stdout;
    char *text = NULL;
    size_t length;

    stdout = open_memstream(&text, &length);
    pyw_must(stdout != NULL);
    if (output == STACKS_JSON) {
        print_stacks(pool, data, size);
    }
    else {
        (output == STATUS_JSON ? pyw_status_print_json : pyw_status_print_table)(pool, read_rows(pool, data, size));
    }
    fclose(stdout);
    stdout = terminal;
    pyw_must(strlen(text) == length);
    pyw_must_be_escaped(text);
    if (output != STATUS_TABLE) {
        pyw_must_be_json(text);
    }
    free(text);
}

static void show_thread(const char *bytes, size_t size)
{
    pyw_buffer text = {0}, out = {0};

    pyw_buffer_append(&text, bytes, size);
    pyw_stack_text_of_thread(&out, &text, "00007f12", 500);
    pyw_must(out.length <= 500);
    pyw_buffer_append(&out, "", 1);
    pyw_must_be_escaped(out.data);
    pyw_buffer_free(&out);
    pyw_buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int output = size > 0 ? data[0] % OUTPUTS : THREAD;
    apr_pool_t *pool;

    if (size == 0) {
        return 0;
    }
    if (output == THREAD) {
        show_thread((const char *)data + 1, size - 1);
        return 0;
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    print(pool, output, (const char *)data + 1, size - 1);
    apr_pool_destroy(pool);
    return 0;
}
