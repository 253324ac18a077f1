/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/table.h"

#include <apr_strings.h>

#include "wire/message.h"

void pyw_table_encode(pyw_buffer *out, const apr_table_t *table)
{
    const apr_array_header_t *elements = apr_table_elts(table);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)(void *)elements->elts;
    pyw_pairs pairs = {0};

    for (int i = 0; i < elements->nelts; i++) {
        pyw_pairs_add_text(&pairs, entries[i].key, entries[i].val);
    }
    if (pairs.count != (uint32_t)elements->nelts) {
        out->failed = 1;
    }
    else {
        pyw_message_pairs_encode(out, pairs.items, pairs.count);
    }
    pyw_pairs_free(&pairs);
}

apr_table_t *pyw_table_decode(apr_pool_t *pool, const char *bytes, size_t length)
{
    apr_table_t *table = apr_table_make(pool, 32);
    pyw_pairs pairs = {0};
    pyw_result result = pyw_message_pairs_decode(&pairs, bytes, length);

    for (uint32_t i = 0; result == PYW_OK && i < pairs.count; i++) {
        const pyw_pair *pair = &pairs.items[i];

        apr_table_addn(table, apr_pstrmemdup(pool, pair->name, pair->name_length),
                       apr_pstrmemdup(pool, pair->value, pair->value_length));
    }
    pyw_pairs_free(&pairs);
    return result == PYW_OK ? table : NULL;
}
