/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "command/ask.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/status/json.h"
#include "command/status/rows.h"
#include "command/status/table.h"

static const pyw_verb_option options[] = {
    {"json", NULL, "print one JSON object"},
    PYW_VERB_DIRECTORY,
    {NULL, NULL, NULL},
};

/* The exit status of the group in the worst state. */
static int exit_status(apr_pool_t *pool, const apr_array_header_t *rows)
{
    int status = PYW_COMMAND_DONE;

    for (int i = 0; i < rows->nelts; i++) {
        const char *health = pyw_status_text(pool, &APR_ARRAY_IDX(rows, i, pyw_pairs), "health");

        if (strcmp(health, "failing") == 0) {
            return PYW_COMMAND_FAILING;
        }
        status = strcmp(health, "impaired") == 0 ? PYW_COMMAND_IMPAIRED : status;
    }
    return status;
}

static int run(const pyw_call *call)
{
    pyw_question question = pyw_question_of(call);
    apr_array_header_t *rows = apr_array_make(call->pool, 16, sizeof(pyw_pairs));
    const char *problem = "";
    int status;

    question.take_row = pyw_status_take_row;
    question.context = rows;
    status = pyw_ask(&question, &problem);
    if (status != PYW_COMMAND_DONE) {
        pyw_call_fail(problem);
        return status;
    }
    if (pyw_call_option(call, "json") != NULL) {
        pyw_status_print_json(call->pool, rows);
    }
    else {
        pyw_status_print_table(call->pool, rows);
    }
    return exit_status(call->pool, rows);
}

const pyw_verb pyw_verb_status = {
    "status",
    "[GROUP]",
    "Show the groups, their workers and their requests",
    "The exit status is that of GROUP, or of the group in the worst state: 0 healthy, 4 impaired, 5 failing.\n",
    options,
    run,
};
