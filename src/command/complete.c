/* SPDX-License-Identifier: Apache-2.0 */
#include "command/complete.h"

#include <apr_tables.h>
#include <stdio.h>
#include <string.h>

#include "command/ask.h"
#include "command/status/rows.h"

enum { NAME_MOST = 200 };

static const pyw_verb *find_verb(const pyw_verb *const *verbs, const char *name)
{
    while (*verbs != NULL && strcmp((*verbs)->name, name) != 0) {
        verbs++;
    }
    return *verbs;
}

static void take_group(void *pool, const pyw_pairs *row, pyw_channel *channel)
{
    (void)channel;
    if (pyw_status_is(row, "group")) {
        puts(pyw_status_shown(pool, row, "name", NAME_MOST));
    }
}

static void print_groups(apr_pool_t *pool, int count, char **words)
{
    pyw_question question = {.pool = pool, .words = apr_table_make(pool, 1), .take_row = take_group, .context = pool};
    const char *sentence;

    for (int i = 0; i + 1 < count; i++) {
        question.directory = strcmp(words[i], "--directory") == 0 ? words[i + 1] : question.directory;
    }
    apr_table_setn(question.words, "command", "status");
    pyw_ask(&question, &sentence);
}

void pyw_complete(apr_pool_t *pool, const pyw_verb *const *verbs, int count, char **words)
{
    const pyw_verb *verb = count > 0 ? find_verb(verbs, words[0]) : NULL;

    if (count == 0) {
        for (; *verbs != NULL; verbs++) {
            puts((*verbs)->name);
        }
        puts("help");
    }
    if (verb == NULL) {
        return;
    }
    for (const pyw_verb_option *option = verb->options; option->name != NULL; option++) {
        printf("--%s\n", option->name);
    }
    puts("--help");
    if (verb->operand != NULL && strstr(verb->operand, "GROUP") != NULL) {
        print_groups(pool, count, words);
    }
}
