/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/command/waiting.h"

#include <apr_strings.h>
#include <string.h>

#include "base/clock.h"

enum { PROGRESS_MS = 2000 }; /* interval of the progress that is sent to the client */

typedef struct waiting_goal {
    pyw_goal goal;
    int is_over;
} waiting_goal;

struct pyw_waiting {
    pyw_command_client *client;
    apr_array_header_t *goals; /* waiting_goal */
    const char *failed;        /* the names of the groups whose goal cannot be reached; "": none */
    char told[PYW_GOAL_TEXT];  /* the last progress */
    int64_t told_at;
};

pyw_waiting *pyw_waiting_create(pyw_command_client *client)
{
    apr_pool_t *pool = pyw_command_server_pool(client);
    pyw_waiting *waiting = apr_pcalloc(pool, sizeof(*waiting));

    waiting->client = client;
    waiting->goals = apr_array_make(pool, 4, sizeof(waiting_goal));
    waiting->failed = "";
    waiting->told_at = pyw_clock_ms();
    return waiting;
}

void pyw_waiting_add(pyw_waiting *waiting, const pyw_worker_group *group)
{
    waiting_goal *added = apr_array_push(waiting->goals);

    added->goal.group = apr_pstrdup(pyw_command_server_pool(waiting->client), group->options->name);
    added->goal.generation = group->generation;
    added->is_over = 0;
}

/* The states change often, so the client does not get all of them. */
static void send_progress(pyw_waiting *waiting, const char *text)
{
    if (pyw_clock_ms() >= waiting->told_at + PROGRESS_MS && strcmp(text, waiting->told) != 0) {
        apr_cpystrn(waiting->told, text, sizeof(waiting->told));
        waiting->told_at = pyw_clock_ms();
        pyw_command_server_progress(waiting->client, "progress", text);
    }
}

static void send_traceback(const pyw_manager *manager, const pyw_waiting *waiting, const pyw_goal *goal)
{
    char text[PYW_PROBLEM_TRACEBACK];

    pyw_goal_copy_traceback(manager, goal, text, sizeof(text));
    if (*text != '\0') {
        pyw_command_server_progress(waiting->client, "traceback", text);
    }
}

/* The end of the only goal is the answer; of one of several it is progress. */
static void end_goal(pyw_waiting *waiting, waiting_goal *ended, pyw_goal_state state, const char *text)
{
    apr_pool_t *pool = pyw_command_server_pool(waiting->client);

    ended->is_over = 1;
    if (state == PYW_GOAL_FAILED) {
        waiting->failed =
            apr_pstrcat(pool, waiting->failed, *waiting->failed ? ", '" : "'", ended->goal.group, "'", NULL);
    }
    if (waiting->goals->nelts > 1) {
        pyw_command_server_progress(waiting->client, "progress", text);
    }
    else {
        pyw_command_server_answer(waiting->client, state == PYW_GOAL_REACHED ? PYW_FRAME_DONE : PYW_FRAME_REFUSED, "%s",
                                  text);
    }
}

static void answer_for_all(const pyw_waiting *waiting)
{
    if (*waiting->failed) {
        pyw_command_server_answer(waiting->client, PYW_FRAME_REFUSED, "not reloaded: %.3000s", waiting->failed);
    }
    else {
        pyw_command_server_answer(waiting->client, PYW_FRAME_DONE, "%d groups are reloaded", waiting->goals->nelts);
    }
}

void pyw_waiting_check(pyw_manager *manager, pyw_command_client *client, void *awaited)
{
    pyw_waiting *waiting = awaited;
    char text[PYW_GOAL_TEXT];
    int open = 0;

    (void)client;
    for (int i = 0; i < waiting->goals->nelts; i++) {
        waiting_goal *looked = &APR_ARRAY_IDX(waiting->goals, i, waiting_goal);
        pyw_goal_state state = looked->is_over ? PYW_GOAL_REACHED : pyw_goal_look(manager, &looked->goal, text);

        if (state == PYW_GOAL_PENDING) {
            send_progress(waiting, text);
            open++;
        }
        else if (!looked->is_over) {
            if (state == PYW_GOAL_FAILED) {
                send_traceback(manager, waiting, &looked->goal);
            }
            end_goal(waiting, looked, state, text);
        }
    }
    if (open == 0 && waiting->goals->nelts > 1) {
        answer_for_all(waiting);
    }
}
