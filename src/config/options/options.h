/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_OPTIONS_H
#define PYW_CONFIG_OPTIONS_OPTIONS_H

/*
 * Creates the options of a process group, sets them from text, and turns them into text again: the pairs that httpd's
 * parent sends to the manager, and the manager to the workers. Uses APR, but not httpd. Any thread; everything lives in
 * the caller's pool.
 */

#include <apr_pools.h>
#include <apr_tables.h>

#include "config/options/group_options.h"

/* All members set to their defaults. */
pyw_group_options *pyw_options_create(apr_pool_t *pool, const char *name);

/*
 * Sets one option from its text, `threads` from "8". Returns NULL, or an error message: a sentence that follows the
 * directive's name ("unknown option 'thread', did you mean 'threads'?"), allocated from `pool`.
 */
const char *pyw_options_set(pyw_group_options *options, apr_pool_t *pool, const char *name, const char *value);

/* Like pyw_options_set, but also accepts the values that the parent determines: the inverse of pyw_options_pairs. */
const char *pyw_options_restore(pyw_group_options *options, apr_pool_t *pool, const char *name, const char *value);

/* Restores all pairs of a table. Returns the first error message, or NULL. */
const char *pyw_options_restore_all(pyw_group_options *options, apr_pool_t *pool, const apr_table_t *pairs);

/*
 * The options for a process of `part`: all options of this part and of later parts that differ from their defaults, as
 * (const char *name, const char *value) in canonical text. pyw_options_restore of each on a fresh struct results in the
 * same values.
 */
apr_table_t *pyw_options_pairs(const pyw_group_options *options, pyw_option_part part, apr_pool_t *pool);

#endif
