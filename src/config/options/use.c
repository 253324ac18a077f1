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

/* The next value of the option, because env= may occur several times. NULL: there are no more. */
static const char *next_value(const apr_table_t *pairs, const char *name, int *index)
{
    while (*index < apr_table_elts(pairs)->nelts) {
        const apr_table_entry_t *entry = entry_at(pairs, (*index)++);

        if (strcmp(entry->key, name) == 0) {
            return entry->val;
        }
    }
    return NULL;
}

/* Whether both tables have the same values of the option. Copies no value, because it may be a secret. */
static int has_same_values(const apr_table_t *current_pairs, const apr_table_t *changed_pairs, const char *name)
{
    const char *current, *changed;
    int i = 0, j = 0;

    do {
        current = next_value(current_pairs, name, &i);
        changed = next_value(changed_pairs, name, &j);
    } while (current != NULL && changed != NULL && strcmp(current, changed) == 0);
    return current == NULL && changed == NULL;
}

/* The names of the options for processes of `part` that differ. */
static const char *difference(const pyw_group_options *current, const pyw_group_options *changed, pyw_option_part part,
                              int *replaces_workers, apr_pool_t *pool)
{
    const apr_table_t *current_pairs = pyw_options_pairs(current, part, pool);
    const apr_table_t *changed_pairs = pyw_options_pairs(changed, part, pool);
    const char *names = "";

    *replaces_workers = 0;
    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (!has_same_values(current_pairs, changed_pairs, rule->name)) {
            names = apr_pstrcat(pool, names, *names != '\0' ? ", " : "", rule->name, NULL);
            *replaces_workers |= rule->use == PYW_USE_START;
        }
    }
    return names;
}

const char *pyw_options_difference(const pyw_group_options *current, const pyw_group_options *changed,
                                   int *replaces_workers, apr_pool_t *pool)
{
    return difference(current, changed, PYW_PART_MANAGER, replaces_workers, pool);
}

const char *pyw_options_all_differences(const pyw_group_options *current, const pyw_group_options *changed,
                                        apr_pool_t *pool)
{
    int replaces_workers;

    return difference(current, changed, PYW_PART_HTTPD, &replaces_workers, pool);
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
