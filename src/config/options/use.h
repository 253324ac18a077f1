/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_USE_H
#define PYW_CONFIG_OPTIONS_USE_H

/* Determines the effect of a change of options on a running group. */

#include <apr_pools.h>
#include <apr_tables.h>

#include "config/options/group_options.h"

/*
 * The names of the options that differ, each once, separated by ", "; "" if there are none. `replaces_workers` becomes
 * 1 if one of them is used at the start of a worker. Compares the options that the manager gets.
 */
const char *pyw_options_difference(const pyw_group_options *current, const pyw_group_options *changed,
                                   int *replaces_workers, apr_pool_t *pool);

/* Like pyw_options_difference, for all options, including the options that only httpd reads. */
const char *pyw_options_all_differences(const pyw_group_options *current, const pyw_group_options *changed,
                                        apr_pool_t *pool);

/* The pairs of the options with PYW_USE_LIVE that differ from their defaults. */
apr_table_t *pyw_options_live_pairs(const pyw_group_options *options, apr_pool_t *pool);

/* Copies the values of all options with PYW_USE_LIVE from `changed`. All of them are numbers. */
void pyw_options_use_live(pyw_worker_options *options, const pyw_worker_options *changed);

#endif
