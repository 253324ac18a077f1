/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_STATUS_ROWS_H
#define PYW_COMMAND_STATUS_ROWS_H

/* The answer to `pywsgi status`, row by row as the manager sent it. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdint.h>

#include "wire/channel.h"
#include "wire/message.h"

/* `rows` contains pyw_pairs: the manager's first, and then each group's, followed by those of its workers. */

/* The value of the first pair of that name as a string, "" if there is none. */
const char *pyw_status_text(apr_pool_t *pool, const pyw_pairs *row, const char *name);

/* As above, for a terminal: escaped, and truncated after `most` bytes. */
const char *pyw_status_shown(apr_pool_t *pool, const pyw_pairs *row, const char *name, size_t most);

/* The value of the first pair of that name as a number, and the number that the text begins with; 0: none. */
uint64_t pyw_status_number(const pyw_pairs *row, const char *name);
uint64_t pyw_status_digits(const char *text, uint32_t length);

int pyw_status_is(const pyw_pairs *row, const char *kind);

/* Appends a copy of the row to `rows`, an apr_array_header_t of pyw_pairs. Belongs to a pyw_question (command/ask.h).
 */
void pyw_status_take_row(void *rows, const pyw_pairs *row, pyw_channel *channel);

#endif
