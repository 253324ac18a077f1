/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_STATUS_FIGURES_H
#define PYW_COMMAND_STATUS_FIGURES_H

/* Formats durations and sizes for people. */

#include <apr_pools.h>
#include <stdint.h>

const char *pyw_status_duration(apr_pool_t *pool, uint64_t ms);
const char *pyw_status_size(apr_pool_t *pool, uint64_t bytes);

#endif
