/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_VERBS_STACKS_JSON_H
#define PYW_COMMAND_VERBS_STACKS_JSON_H

/* Prints the answer to `pywsgi stacks --json` as its rows arrive. */

#include <apr_pools.h>
#include <stddef.h>

#include "wire/message.h"

typedef struct pyw_stacks_json pyw_stacks_json; /* from the pool */

pyw_stacks_json *pyw_stacks_json_create(apr_pool_t *pool);

/* Keeps a copy of the request for the worker that follows. */
void pyw_stacks_json_request(pyw_stacks_json *self, const pyw_pairs *row);

/* Prints the worker with the text that it sent; length 0: it sent nothing. The text is not trusted. */
void pyw_stacks_json_worker(pyw_stacks_json *self, const pyw_pairs *row, const char *text, size_t length);

/* After the last worker. */
void pyw_stacks_json_end(pyw_stacks_json *self);

#endif
