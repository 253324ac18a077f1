/* SPDX-License-Identifier: Apache-2.0 */
/* The effect of a change of options: the pairs of pyw_options by who uses them. */
#include <apr_strings.h>
#include <string.h>

#include "config/options/table.h"

static const apr_table_entry_t *entry_at(const apr_table_t *table, int index)
{
    return &((const apr_table_entry_t *)(void *)apr_table_elts(table)->elts)[index];
}

apr_table_t *pyw_options_select(const apr_table_t *pairs, unsigned uses, apr_pool_t *pool)
{
    int count = apr_table_elts(pairs)->nelts;
    apr_table_t *selected = apr_table_make(pool, count);

    for (int i = 0; i < count; i++) {
        const apr_table_entry_t *entry = entry_at(pairs, i);
        const pyw_option_rule *rule = pyw_option_rule_find(entry->key, 1);

        if (rule != NULL && (rule->use & uses) != 0) {
            apr_table_addn(selected, entry->key, entry->val);
        }
    }
    return selected;
}

/* All values of one option, in their order: env= may occur several times. */
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

const char *pyw_options_difference(const apr_table_t *one, const apr_table_t *other, apr_pool_t *pool)
{
    const char *names = "";

    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (strcmp(values_of(one, rule->name, pool), values_of(other, rule->name, pool)) != 0) {
            names = apr_pstrcat(pool, names, *names != '\0' ? ", " : "", rule->name, NULL);
        }
    }
    return names;
}

void pyw_options_use_live(pyw_group_options *options, const pyw_group_options *changed)
{
    options->socket_timeout = changed->socket_timeout;
    options->shutdown_timeout = changed->shutdown_timeout;
    options->log_level = changed->log_level;
}
