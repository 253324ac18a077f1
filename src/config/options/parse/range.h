/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_RANGE_H
#define PYW_CONFIG_OPTIONS_PARSE_RANGE_H

/* The values that an option of the kinds for numbers can have, for messages. Part of pyw_options. Any thread. */

#include <apr_pools.h>

#include "config/options/table.h"

/* "a number from 0 to 1000", from `pool`. */
const char *pyw_option_range(apr_pool_t *pool, const pyw_option_rule *rule);

#endif
