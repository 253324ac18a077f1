/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_STATUS_TABLE_H
#define PYW_COMMAND_STATUS_TABLE_H

#include <apr_pools.h>
#include <apr_tables.h>

/* Prints the rows of command/status/rows.h as an aligned table for people, with the escapes of pyw_log_escape. */
void pyw_status_print_table(apr_pool_t *pool, const apr_array_header_t *rows);

#endif
