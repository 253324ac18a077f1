/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_TABLE_H
#define PYW_WIRE_TABLE_H

/* A table of strings as the pairs of a frame, for options and settings. Any thread. */

#include <apr_tables.h>

#include "base/buffer.h"

/* Appends the pairs; sets `failed` of `out` without memory. */
void pyw_table_encode(pyw_buffer *out, const apr_table_t *table);

/* The pairs of a payload, in `pool`. NULL: it is malformed, or there is no memory. */
apr_table_t *pyw_table_decode(apr_pool_t *pool, const char *bytes, size_t length);

#endif
