/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_ASK_H
#define PYW_COMMAND_ASK_H

/* One question to the manager over its command socket, and the answer: rows, and at the end a sentence. */

#include <apr_pools.h>
#include <apr_tables.h>

#include "command/verb.h"
#include "wire/channel.h"
#include "wire/message.h"

/*
 * Takes a row of the answer, which is valid until it returns. If the manager sends a descriptor with rows of this kind,
 * pyw_channel_take_fd gets it, and the function closes it.
 */
typedef void pyw_ask_row(void *context, const pyw_pairs *row, pyw_channel *channel);

typedef struct pyw_question {
    apr_pool_t *pool;
    const char *directory; /* of the manager's socket; NULL: find it */
    apr_table_t *words;    /* the COMMAND: "command", "group" ... (docs/internals/WIRE.md) */
    int is_patient;        /* the answer may take as long as the workers need */
    pyw_ask_row *take_row; /* NULL: the answer has no rows */
    void *context;
} pyw_question;

/* The question that the command line asks: its verb and group, and the manager of --directory. */
pyw_question pyw_question_of(const pyw_call *call);

/*
 * Returns the exit status. *sentence, from the pool, is the manager's sentence for PYW_COMMAND_DONE, otherwise the
 * reason of the failure. It is escaped for a terminal.
 */
int pyw_ask(const pyw_question *question, const char **sentence);

#endif
