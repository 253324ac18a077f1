/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that change a group, or httpd: the manager does it, and answers with a sentence. */
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/ask.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/status/rows.h"

enum { LINE_MOST = 2000, SECONDS_MOST = 24 * 60 * 60, CANARY_MOST = 60 * 60 };

#define OPTION_NO_WAIT                                                                                                 \
    {                                                                                                                  \
        "no-wait", NULL, "return at once, without waiting for the end"                                                 \
    }

static const pyw_verb_option options[] = {OPTION_NO_WAIT, PYW_VERB_DIRECTORY, {NULL, NULL, NULL}};

/* The text comes from a worker or the manager: control characters are escaped. */
static void print_line(const char *line, size_t length)
{
    char text[LINE_MOST];

    pyw_log_escape(text, sizeof(text), line, length);
    fprintf(stderr, "%s\n", text);
}

/* How far the command is, or the traceback of its failure. */
static void take_row(void *context, const pyw_pairs *row, pyw_channel *channel)
{
    const char *line = pyw_status_text(context, row, "text");

    (void)channel;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        print_line(line, length);
        line += length + (line[length] == '\n');
    }
}

static int ask(const pyw_call *call, pyw_question *question)
{
    const char *sentence = "";
    int status;

    question->take_row = take_row;
    question->context = call->pool;
    if (pyw_call_option(call, "no-wait") == NULL) {
        apr_table_setn(question->words, "wait", "1");
        question->is_patient = 1;
    }
    status = pyw_ask(question, &sentence);
    if (status != PYW_COMMAND_DONE) {
        pyw_call_fail(sentence);
    }
    else if (*sentence != '\0') {
        puts(sentence);
    }
    return status;
}

static int run(const pyw_call *call)
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
    OPTION_NO_WAIT,
    PYW_VERB_DIRECTORY,
    {NULL, NULL, NULL},
};

const pyw_verb pyw_verb_reload = {
    "reload",
    "[GROUP]",
    "Load new code; old workers serve until new workers are ready",
    "With --canary the old workers serve on, and one worker with the new code beside them. If it fails with an\n"
    "exception or a status 500 of a kind that the old workers did not have, or dies, it ends and the old code stays;\n"
    "otherwise the other workers are replaced.\n",
    reload_options,
    run_reload,
};

static const pyw_verb_option drain_options[] = {
    {"seconds", "N", "how long requests are served before httpd stops; 30 by default"},
    {"deadline", "N", "stop at once if httpd has not stopped gracefully within this time"},
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
    "restart", "GROUP", "As reload; also start a stopped group", NULL, options, run,
};

const pyw_verb pyw_verb_stop = {
    "stop", "GROUP", "Let the workers finish; requests get 503 until start", NULL, options, run,
};

const pyw_verb pyw_verb_start = {
    "start", "GROUP", "Start a stopped group", NULL, options, run,
};
