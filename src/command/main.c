/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pywsgi: the program of administrators and of deployment scripts. It runs without Python; most verbs ask the manager
 * of httpd's daemon processes over its command socket.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "base/version.h"
#include "command/call.h"
#include "command/complete.h"
#include "command/exit_status.h"
#include "command/help.h"
#include "command/man.h"
#include "command/verbs/verbs.h"

enum { NAMES_MOST = 32, WORD_MOST = 100 };

static const pyw_verb *find_verb(const char *name)
{
    for (int i = 0; pyw_verbs[i] != NULL; i++) {
        if (strcmp(pyw_verbs[i]->name, name) == 0) {
            return pyw_verbs[i];
        }
    }
    return NULL;
}

static int refuse_unknown(const char *name)
{
    const char *names[NAMES_MOST] = {NULL};
    const char *meant;
    char shown[WORD_MOST];

    for (int i = 0; pyw_verbs[i] != NULL && i < NAMES_MOST - 1; i++) {
        names[i] = pyw_verbs[i]->name;
    }
    meant = pyw_suggest(name, names);
    pyw_log_escape(shown, sizeof(shown), name, strlen(name));
    fprintf(stderr, "pywsgi: unknown verb '%s'%s%s%s `pywsgi --help` lists all\n", shown,
            meant != NULL ? ", did you mean '" : "", meant != NULL ? meant : "", meant != NULL ? "'?" : ";");
    return PYW_COMMAND_USAGE;
}

static int refuse_arguments(const pyw_verb *verb, const char *problem)
{
    fprintf(stderr, "pywsgi %s: %s\n", verb->name, problem);
    pyw_help_print_usage(stderr, verb);
    return PYW_COMMAND_USAGE;
}

static int run_verb(apr_pool_t *pool, const pyw_verb *verb, int argc, char **argv)
{
    pyw_call call = {.pool = pool, .verb = verb};
    int wants_help = 0;
    const char *problem;

    problem = pyw_call_parse(&call, argc, argv, &wants_help);
    if (problem != NULL) {
        return refuse_arguments(verb, problem);
    }
    if (wants_help) {
        pyw_help_print_verb(stdout, verb);
        return PYW_COMMAND_DONE;
    }
    return verb->run(&call);
}

static int is_word(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

/* `pywsgi help VERB` is `pywsgi VERB --help`. */
static int help(int argc, char **argv)
{
    const pyw_verb *verb = argc > 2 ? find_verb(argv[2]) : NULL;

    if (argc > 2 && verb == NULL) {
        return refuse_unknown(argv[2]);
    }
    if (verb != NULL) {
        pyw_help_print_verb(stdout, verb);
    }
    else {
        pyw_help_print_verbs(stdout, pyw_verbs);
    }
    return PYW_COMMAND_DONE;
}

static int run_program(apr_pool_t *pool, int argc, char **argv)
{
    if (argc < 2) {
        pyw_help_print_verbs(stderr, pyw_verbs);
        return PYW_COMMAND_USAGE;
    }
    if (is_word(argv[1], "help", "--help")) {
        return help(argc, argv);
    }
    if (is_word(argv[1], "version", "--version")) {
        puts("pywsgi " PYW_VERSION);
        return PYW_COMMAND_DONE;
    }
    if (strcmp(argv[1], "--complete") == 0) {
        pyw_complete(pool, pyw_verbs, argc - 2, argv + 2);
        return PYW_COMMAND_DONE;
    }
    if (strcmp(argv[1], "--man") == 0 && argc == 3) {
        return pyw_man_write(pyw_verbs, argv[2]);
    }
    return find_verb(argv[1]) != NULL ? run_verb(pool, find_verb(argv[1]), argc - 1, argv + 1)
                                      : refuse_unknown(argv[1]);
}

/* Flush the output, and report a failure: a status that could not be written is not a success. */
int main(int argc, char **argv)
{
    apr_pool_t *pool;
    int status;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    status = run_program(pool, argc, argv);

    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    return pyw_call_fail("the output cannot be written");
}
