/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_TOLERANCE_H
#define PYW_CONFIG_OPTIONS_PARSE_TOLERANCE_H

/*
 * Values that mod_wsgi accepts for its options although they are not numbers, or are out of range here. A configuration
 * that contains them must start. Part of pyw_options. Any thread.
 */

#include <apr_pools.h>

#include "config/options/table.h"

/*
 * Returns the text to set: `value` if it is valid, or if mod_wsgi refuses it as well. Otherwise returns the
 * replacement, and adds a sentence about it to options->httpd.warnings or notices. NULL: leave the default.
 */
const char *pyw_option_tolerate(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                                const char *value);

#endif
