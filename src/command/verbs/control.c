/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that change a group, or httpd: the manager does it, and answers with a sentence. */
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/ask.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/json_text.h"
#include "command/status/rows.h"

enum { LINE_MOST = 2000, SECONDS_MOST = 24 * 60 * 60, CANARY_MOST = 60 * 60 };

#define OPTION_NO_WAIT                                                                                                 \
    {                                                                                                                  \
        "no-wait", NULL, "return at once, without waiting for the end"                                                 \
    }

#define OPTION_JSON                                                                                                    \
    {                                                                                                                  \
        "json", NULL, "print one JSON object at the end"                                                               \
    }

static const pyw_verb_option options[] = {OPTION_JSON, OPTION_NO_WAIT, PYW_VERB_DIRECTORY, {NULL, NULL, NULL}};

/* The lines before the manager's sentence: how far the command is, or the traceback of its failure. */
typedef struct progress {
    apr_pool_t *pool;
    apr_array_header_t *lines; /* const char *, for JSON; NULL: print each at once */
} progress;

/* The text comes from a worker or the manager: control characters are escaped. */
static void print_escaped_line(const char *line, size_t length)
{
    char text[LINE_MOST];

    pyw_log_escape(text, sizeof(text), line, length);
    fprintf(stderr, "%s\n", text);
}

static void take_line(const progress *self, const char *line, size_t length)
{
    if (self->lines == NULL) {
        print_escaped_line(line, length);
    }
    else {
        APR_ARRAY_PUSH(self->lines, const char *) = apr_pstrmemdup(self->pool, line, length);
    }
}

static void add_outcome_line(void *context, const pyw_pairs *row, pyw_channel *channel)
{
    const progress *self = context;
    const char *line = pyw_status_text(self->pool, row, "text");

    (void)channel;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        take_line(self, line, length);
        line += length + (line[length] == '\n');
    }
}

static void print_json_text(const char *text)
{
    if (text != NULL) {
        pyw_json_print_text(text, strlen(text));
    }
    else {
        fputs("null", stdout);
    }
}

static void print_outcome_json(const pyw_call *call, int status, const char *sentence, const apr_array_header_t *lines)
{
    printf("{\"command\": \"%s\", \"group\": ", call->verb->name);
    print_json_text(call->operand);
    printf(", \"result\": \"%s\", \"exit_status\": %d, \"message\": ", status == PYW_COMMAND_DONE ? "done" : "failed",
           status);
    print_json_text(sentence);
    fputs(", \"progress\": [", stdout);
    for (int i = 0; i < lines->nelts; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        print_json_text(APR_ARRAY_IDX(lines, i, const char *));
    }
    puts("]}");
}

static void print_answer(int status, const char *sentence)
{
    if (status != PYW_COMMAND_DONE) {
        pyw_call_fail(sentence);
    }
    else if (*sentence != '\0') {
        puts(sentence);
    }
}

static int ask(const pyw_call *call, pyw_question *question)
{
    int as_json = pyw_call_option(call, "json") != NULL;
    progress output = {call->pool, as_json ? apr_array_make(call->pool, 8, sizeof(const char *)) : NULL};
    const char *sentence = "";
    int status;

    question->take_row = add_outcome_line;
    question->context = &output;
    if (pyw_call_option(call, "no-wait") == NULL) {
        apr_table_setn(question->words, "wait", "1");
        question->is_patient = 1;
    }
    status = pyw_ask(question, &sentence);
    if (as_json) {
        print_outcome_json(call, status, sentence, output.lines);
    }
    else {
        print_answer(status, sentence);
    }
    return status;
}

static int run_control(const pyw_call *call)
{
    pyw_question question = pyw_question_of(call);

    return ask(call, &question);
}

static void add_number(const pyw_call *call, pyw_question *question, const char *name, long number)
{
    apr_table_setn(question->words, name, apr_psprintf(call->pool, "%ld", number));
}

static int run_reload(const pyw_call *call)
{
    pyw_question question = pyw_question_of(call);
    int is_for_all = pyw_call_option(call, "all") != NULL;
    long canary = 0;

    if (is_for_all == (call->operand != NULL)) {
        fprintf(stderr, "pywsgi reload: name a group, or give --all\n");
        return PYW_COMMAND_USAGE;
    }
    if (!pyw_call_number(call, "canary", 1, CANARY_MOST, &canary)) {
        return PYW_COMMAND_USAGE;
    }
    if (is_for_all) {
        apr_table_setn(question.words, "all", "1");
    }
    if (canary > 0) {
        add_number(call, &question, "canary", canary);
    }
    return ask(call, &question);
}

static int run_drain(const pyw_call *call)
{
    pyw_question question = pyw_question_of(call);
    long seconds = -1, deadline = 0;

    if (!pyw_call_number(call, "seconds", 0, SECONDS_MOST, &seconds) ||
        !pyw_call_number(call, "deadline", 1, SECONDS_MOST, &deadline)) {
        return PYW_COMMAND_USAGE;
    }
    if (seconds >= 0) {
        add_number(call, &question, "seconds", seconds);
    }
    add_number(call, &question, "deadline", deadline);
    return ask(call, &question);
}

static const pyw_verb_option reload_options[] = {
    {"all", NULL, "reload all groups"},
    {"canary", "SECONDS", "try the new code in one worker first, for this time"},
    OPTION_JSON,
    OPTION_NO_WAIT,
    PYW_VERB_DIRECTORY,
    {NULL, NULL, NULL},
};

const pyw_verb pyw_verb_reload = {
    "reload",
    "[GROUP]",
    "Load new code; old workers serve until new workers are ready",
    "With --canary the old workers continue to serve, and one worker with the new code beside them. If it fails with "
    "an\n"
    "exception or a status 500 of a kind that the old workers did not have, or dies, it ends and the old code stays;\n"
    "otherwise the other workers are replaced.\n",
    reload_options,
    run_reload,
};

static const pyw_verb_option drain_options[] = {
    {"seconds", "N", "how long requests are served before httpd stops; 30 by default"},
    {"deadline", "N", "stop at once if httpd has not stopped gracefully within this time"},
    OPTION_JSON,
    OPTION_NO_WAIT,
    PYW_VERB_DIRECTORY,
    {NULL, NULL, NULL},
};

const pyw_verb pyw_verb_drain = {
    "drain",
    NULL,
    "Take httpd out of the load balancer, and stop it gracefully",
    "SetHandler pywsgi-ready answers 503 at once. A restart of httpd ends the drain.\n",
    drain_options,
    run_drain,
};

const pyw_verb pyw_verb_restart = {
    "restart", "GROUP", "As reload; also start a stopped group", NULL, options, run_control,
};

const pyw_verb pyw_verb_stop = {
    "stop", "GROUP", "Let the workers finish; requests get 503 until start", NULL, options, run_control,
};

const pyw_verb pyw_verb_start = {
    "start", "GROUP", "Start a stopped group", NULL, options, run_control,
};
