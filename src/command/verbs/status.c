/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/ask.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/status/json.h"
#include "command/status/rows.h"
#include "command/status/table.h"
#include "command/terminal.h"

enum { SECONDS_DEFAULT = 2, SECONDS_MOST = 3600 };

static const pyw_verb_option options[] = {
    {"json", NULL, "print one JSON object"},
    {"watch", "[SECONDS]", "repeat until Ctrl-C, every 2 seconds by default"},
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

/* Asks the manager, and prints its answer, from the pool. Returns the exit status. */
static int show(const pyw_call *call, apr_pool_t *pool)
{
    pyw_question question = pyw_question_of(call);
    apr_array_header_t *rows = apr_array_make(pool, 16, sizeof(pyw_pairs));
    const char *problem = "";
    int status;

    question.pool = pool;
    question.take_row = pyw_status_take_row;
    question.context = rows;
    status = pyw_ask(&question, &problem);
    if (status != PYW_COMMAND_DONE) {
        pyw_call_fail(problem);
        return status;
    }
    if (pyw_call_option(call, "json") != NULL) {
        pyw_status_print_json(pool, rows);
    }
    else {
        pyw_status_print_table(pool, rows);
    }
    return exit_status(pool, rows);
}

/* Until the user interrupts it, or the output cannot be written. A manager that restarts is asked again. */
static int watch(const pyw_call *call, long seconds)
{
    int status = PYW_COMMAND_DONE;

    while (fflush(stdout) == 0 && !ferror(stdout) && status != PYW_COMMAND_USAGE) {
        pyw_call round = *call;

        apr_pool_create(&round.pool, call->pool);
        fputs(pyw_terminal_width() > 0 ? "\033[H\033[2J" : "", stdout);
        status = show(&round, round.pool);
        putchar('\n');
        fflush(stdout);
        apr_pool_destroy(round.pool);
        sleep((unsigned)seconds);
    }
    return status;
}

static int run_status(const pyw_call *call)
{
    const char *interval = pyw_call_option(call, "watch");
    long seconds = SECONDS_DEFAULT;

    if (interval == NULL) {
        return show(call, call->pool);
    }
    if (*interval != '\0' && !pyw_call_number(call, "watch", 1, SECONDS_MOST, &seconds)) {
        return PYW_COMMAND_USAGE;
    }
    return watch(call, seconds);
}

const pyw_verb pyw_verb_status = {
    "status",
    "[GROUP]",
    "Show the groups, their workers and their requests",
    "The exit status is that of GROUP, or of the group in the worst state: 0 healthy, 4 impaired, 5 failing.\n",
    options,
    run_status,
};
