/* SPDX-License-Identifier: Apache-2.0 */
#include "command/status/rows.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

const char *pyw_status_text(apr_pool_t *pool, const pyw_pairs *row, const char *name)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(row, name, &length);

    return value != NULL ? apr_pstrmemdup(pool, value, length) : "";
}

const char *pyw_status_shown(apr_pool_t *pool, const pyw_pairs *row, const char *name, size_t most)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(row, name, &length);
    char *out = apr_palloc(pool, most + 1);

    pyw_log_escape(out, most + 1, value != NULL ? value : "", length);
    return out;
}

uint64_t pyw_status_digits(const char *text, uint32_t length)
{
    uint64_t number = 0;

    for (uint32_t i = 0; i < length && text[i] >= '0' && text[i] <= '9'; i++) {
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    return number;
}

uint64_t pyw_status_number(const pyw_pairs *row, const char *name)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(row, name, &length);

    return value != NULL ? pyw_status_digits(value, length) : 0;
}

int pyw_status_is(const pyw_pairs *row, const char *kind)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(row, "kind", &length);

    return value != NULL && length == strlen(kind) && memcmp(value, kind, length) == 0;
}

static const char *copy_bytes(apr_pool_t *pool, const char *bytes, uint32_t length)
{
    return length > 0 ? apr_pmemdup(pool, bytes, length) : "";
}

void pyw_status_take_row(void *rows, const pyw_pairs *row, pyw_channel *channel)
{
    apr_array_header_t *array = rows;
    pyw_pairs copy = {.count = row->count};

    (void)channel;
    copy.items = apr_pmemdup(array->pool, row->items, row->count * sizeof(*row->items));
    for (uint32_t i = 0; i < row->count; i++) {
        copy.items[i].name = copy_bytes(array->pool, row->items[i].name, row->items[i].name_length);
        copy.items[i].value = copy_bytes(array->pool, row->items[i].value, row->items[i].value_length);
    }
    APR_ARRAY_PUSH(array, pyw_pairs) = copy;
}
