/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/health.h"

#include <apr_strings.h>
#include <string.h>

#include "command/ask.h"
#include "command/exit_status.h"
#include "command/status/rows.h"

enum { TEXT_MOST = 1000 };

static int is_one_of(const char *state, const char *const *states)
{
    while (*states != NULL && strcmp(*states, state) != 0) {
        states++;
    }
    return *states != NULL;
}

/* The state of a group, as pywsgi status shows it. */
static pyw_health health_of(const char *state)
{
    static const char *const failing[] = {"broken", "degraded", "down", NULL};
    static const char *const serving[] = {"running", "replacing", "asleep", NULL};

    return is_one_of(state, failing)   ? PYW_HEALTH_FAILING
           : is_one_of(state, serving) ? PYW_HEALTH_SERVING
                                       : PYW_HEALTH_STARTING;
}

/* The worst group decides: a failing one, then a starting one. */
static pyw_health judge(apr_pool_t *pool, const apr_array_header_t *rows, const char **reason)
{
    pyw_health worst = PYW_HEALTH_SERVING;
    int groups = 0;

    for (int i = 0; i < rows->nelts; i++) {
        const pyw_pairs *row = &APR_ARRAY_IDX(rows, i, pyw_pairs);
        const char *state = pyw_status_text(pool, row, "state");

        if (!pyw_status_is(row, "group")) {
            continue;
        }
        groups++;
        if (health_of(state) == PYW_HEALTH_FAILING) {
            *reason = apr_psprintf(pool, "process group '%s' is %s; the reason is in the log above",
                                   pyw_status_shown(pool, row, "name", TEXT_MOST), state);
            return PYW_HEALTH_FAILING;
        }
        worst = health_of(state) == PYW_HEALTH_STARTING ? PYW_HEALTH_STARTING : worst;
    }
    return groups > 0 ? worst : PYW_HEALTH_STARTING;
}

pyw_health pyw_health_ask(apr_pool_t *pool, const char *directory, const char **reason)
{
    apr_array_header_t *rows = apr_array_make(pool, 8, sizeof(pyw_pairs));
    pyw_question question = {pool, directory, apr_table_make(pool, 1), 0, pyw_status_take_row, rows};
    const char *sentence;

    apr_table_setn(question.words, "command", "status");
    return pyw_ask(&question, &sentence) == PYW_COMMAND_DONE ? judge(pool, rows, reason) : PYW_HEALTH_STARTING;
}

int pyw_health_drain(apr_pool_t *pool, const char *directory, long seconds, long deadline)
{
    pyw_question question = {pool, directory, apr_table_make(pool, 3), 0, NULL, NULL};
    const char *sentence;

    apr_table_setn(question.words, "command", "drain");
    apr_table_setn(question.words, "seconds", apr_psprintf(pool, "%ld", seconds));
    apr_table_setn(question.words, "deadline", apr_psprintf(pool, "%ld", deadline));
    return pyw_ask(&question, &sentence) == PYW_COMMAND_DONE;
}
