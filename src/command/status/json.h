/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_STATUS_JSON_H
#define PYW_COMMAND_STATUS_JSON_H

#include <apr_pools.h>
#include <apr_tables.h>

/*
 * Prints the rows of command/status/rows.h as one JSON object (RFC 8259). Characters that could control a terminal are
 * \uXXXX, bytes that are not UTF-8 are the text \xHH.
 */
void pyw_status_print_json(apr_pool_t *pool, const apr_array_header_t *rows);

#endif
