/* SPDX-License-Identifier: Apache-2.0 */
#include "command/status_rows.h"

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

uint64_t pyw_status_number(const pyw_pairs *row, const char *name)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(row, name, &length);
    uint64_t number = 0;

    for (uint32_t i = 0; value != NULL && i < length && value[i] >= '0' && value[i] <= '9'; i++) {
        number = number * 10 + (uint64_t)(value[i] - '0');
    }
    return number;
}

int pyw_status_is(const pyw_pairs *row, const char *kind)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(row, "kind", &length);

    return value != NULL && length == strlen(kind) && memcmp(value, kind, length) == 0;
}
