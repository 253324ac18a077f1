/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that change a group: the manager does it, and answers with a sentence. */
#include <stdio.h>

#include "command/ask.h"
#include "command/call.h"

static const pyw_verb_option options[] = {
    {"no-wait", NULL, "return at once, without waiting for the workers"},
    PYW_VERB_DIRECTORY,
    {NULL, NULL, NULL},
};

static int run(const pyw_call *call)
{
    pyw_question question = pyw_question_of(call);
    const char *sentence = "";
    int status;

    if (pyw_call_option(call, "no-wait") == NULL) {
        apr_table_setn(question.words, "wait", "1");
        question.is_patient = 1;
    }
    status = pyw_ask(&question, &sentence);
    if (status != 0) {
        pyw_call_fail(sentence);
    }
    else if (*sentence != '\0') {
        puts(sentence);
    }
    return status;
}

const pyw_verb pyw_verb_reload = {
    "reload", "GROUP", "Load new code; old workers serve until new workers are ready", NULL, options, run,
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
