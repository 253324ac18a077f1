/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/use.h"

#include <apr_strings.h>
#include <string.h>

#include "config/options/options.h"
#include "config/options/table.h"

static const apr_table_entry_t *entry_at(const apr_table_t *table, int index)
{
    return &((const apr_table_entry_t *)(void *)apr_table_elts(table)->elts)[index];
}

/* All values of one option, in their order, because env= may occur several times. */
static const char *values_of(const apr_table_t *pairs, const char *name, apr_pool_t *pool)
{
    apr_array_header_t *values = apr_array_make(pool, 4, sizeof(const char *));

    for (int i = 0; i < apr_table_elts(pairs)->nelts; i++) {
        if (strcmp(entry_at(pairs, i)->key, name) == 0) {
            APR_ARRAY_PUSH(values, const char *) = entry_at(pairs, i)->val;
        }
    }
    return apr_array_pstrcat(pool, values, '\n');
}

const char *pyw_options_difference(const pyw_group_options *one, const pyw_group_options *other, int *replaces_workers,
                                   apr_pool_t *pool)
{
    const apr_table_t *ones = pyw_options_pairs(one, PYW_PART_MANAGER, pool);
    const apr_table_t *others = pyw_options_pairs(other, PYW_PART_MANAGER, pool);
    const char *names = "";

    *replaces_workers = 0;
    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (strcmp(values_of(ones, rule->name, pool), values_of(others, rule->name, pool)) != 0) {
            names = apr_pstrcat(pool, names, *names != '\0' ? ", " : "", rule->name, NULL);
            *replaces_workers |= rule->use == PYW_USE_START;
        }
    }
    return names;
}

apr_table_t *pyw_options_live_pairs(const pyw_group_options *options, apr_pool_t *pool)
{
    const apr_table_t *pairs = pyw_options_pairs(options, PYW_PART_WORKER, pool);
    apr_table_t *live = apr_table_make(pool, 4);

    for (int i = 0; i < apr_table_elts(pairs)->nelts; i++) {
        const apr_table_entry_t *entry = entry_at(pairs, i);

        if (pyw_option_rule_find(entry->key, 1)->use == PYW_USE_LIVE) {
            apr_table_addn(live, entry->key, entry->val);
        }
    }
    return live;
}

void pyw_options_use_live(pyw_worker_options *options, const pyw_worker_options *changed)
{
    options->socket_timeout = changed->socket_timeout;
    options->shutdown_timeout = changed->shutdown_timeout;
    options->log_level = changed->log_level;
}
