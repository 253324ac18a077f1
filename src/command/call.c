/* SPDX-License-Identifier: Apache-2.0 */
#include "command/call.h"

#include <apr_strings.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "command/exit_status.h"
#include "command/terminal.h"

enum { OPTIONS_MOST = 24 };

/* The results of getopt_long for --help and for the first option of the verb. For unknown options it sets optopt to 0.
 */
enum { HELP = 1, FIRST = 2 };

static int count_options(const pyw_verb *verb)
{
    int count = 0;

    while (verb->options[count].name != NULL) {
        count++;
    }
    return count;
}

static int argument_kind(const pyw_verb_option *option)
{
    return option->argument == NULL ? no_argument : *option->argument == '[' ? optional_argument : required_argument;
}

/* The word that follows an option whose argument may be left out: a number, or two words with a comma. */
static const char *following_word(const pyw_verb_option *option, int argc, char **argv)
{
    const char *next = optind < argc ? argv[optind] : "";
    int is_argument = strchr(option->argument, ',') != NULL ? *next != '-' && strchr(next, ',') != NULL
                                                            : *next != '\0' && next[strspn(next, "0123456789")] == '\0';

    return is_argument ? argv[optind++] : "";
}

static void take_value(pyw_call *call, int option, const char *value)
{
    if (call->every[option] == NULL) {
        call->every[option] = apr_array_make(call->pool, 2, sizeof(const char *));
    }
    APR_ARRAY_PUSH(call->every[option], const char *) = value;
    call->values[option] = value;
}

static void describe_options(const pyw_verb *verb, struct option *described)
{
    int count = count_options(verb);

    for (int i = 0; i < count; i++) {
        described[i] = (struct option){verb->options[i].name, argument_kind(&verb->options[i]), NULL, FIRST + i};
    }
    described[count] = (struct option){"help", no_argument, NULL, HELP};
    described[count + 1] = (struct option){NULL, 0, NULL, 0};
}

static const char *unknown_option(const pyw_call *call, const char *word)
{
    const char *names[OPTIONS_MOST + 2] = {"help"};
    const char *bare = apr_pstrndup(call->pool, word, strcspn(word, "="));
    const char *meant;

    for (int i = 0; i < count_options(call->verb); i++) {
        names[i + 1] = call->verb->options[i].name;
    }
    meant = strncmp(bare, "--", 2) == 0 ? pyw_suggest(bare + 2, names) : NULL;
    return apr_psprintf(call->pool, "unknown option %s%s%s%s", pyw_terminal_escaped(call->pool, bare),
                        meant != NULL ? ", did you mean --" : "", meant != NULL ? meant : "", meant != NULL ? "?" : "");
}

static const char *wrong_option(const pyw_call *call, int option, char **argv)
{
    if (option == ':') {
        return apr_psprintf(call->pool, "%s needs an argument", pyw_terminal_escaped(call->pool, argv[optind - 1]));
    }
    if (optopt >= FIRST) {
        return apr_psprintf(call->pool, "--%s takes no argument", call->verb->options[optopt - FIRST].name);
    }
    return unknown_option(call, argv[optind - 1]);
}

static const char *take_options(pyw_call *call, int argc, char **argv, int *wants_help)
{
    struct option described[OPTIONS_MOST + 2];
    int option;

    describe_options(call->verb, described);
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", described, NULL)) != -1) {
        if (option == '?' || option == ':') {
            return wrong_option(call, option, argv);
        }
        if (option == HELP) {
            *wants_help = 1;
            return NULL;
        }
        if (optarg == NULL && argument_kind(&call->verb->options[option - FIRST]) == optional_argument) {
            optarg = (char *)(uintptr_t)following_word(&call->verb->options[option - FIRST], argc, argv);
        }
        take_value(call, option - FIRST, optarg != NULL ? optarg : "");
    }
    return NULL;
}

static const char *take_operand(pyw_call *call, int argc, char **argv)
{
    const char *wanted = call->verb->operand;

    if (optind < argc && wanted != NULL) {
        call->operand = argv[optind++];
    }
    if (optind < argc) {
        return apr_psprintf(call->pool, "unexpected argument '%s'", pyw_terminal_escaped(call->pool, argv[optind]));
    }
    if (call->operand == NULL && wanted != NULL && *wanted != '[') {
        return apr_psprintf(call->pool, "%s is missing", wanted);
    }
    return NULL;
}

const char *pyw_call_parse(pyw_call *call, int argc, char **argv, int *wants_help)
{
    const char *problem;

    call->values = apr_pcalloc(call->pool, OPTIONS_MOST * sizeof(*call->values));
    call->every = apr_pcalloc(call->pool, OPTIONS_MOST * sizeof(apr_array_header_t *));
    problem = take_options(call, argc, argv, wants_help);
    return problem != NULL || *wants_help ? problem : take_operand(call, argc, argv);
}

/* The index of the option; -1: the verb does not have it. */
static int find_option(const pyw_call *call, const char *name)
{
    for (int i = 0; call->verb->options[i].name != NULL; i++) {
        if (strcmp(call->verb->options[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *pyw_call_option(const pyw_call *call, const char *name)
{
    int option = find_option(call, name);

    return option >= 0 ? call->values[option] : NULL;
}

const apr_array_header_t *pyw_call_options(const pyw_call *call, const char *name)
{
    int option = find_option(call, name);

    return option >= 0 && call->every[option] != NULL ? call->every[option]
                                                      : apr_array_make(call->pool, 0, sizeof(const char *));
}

int pyw_call_number(const pyw_call *call, const char *name, long least, long most, long *value)
{
    const char *text = pyw_call_option(call, name);
    char *end;
    long number;

    if (text == NULL) {
        return 1;
    }
    errno = 0;
    number = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < least || number > most) {
        fprintf(stderr, "pywsgi %s: --%s takes a whole number from %ld to %ld\n", call->verb->name, name, least, most);
        return 0;
    }
    *value = number;
    return 1;
}

int pyw_call_fail(const char *text)
{
    fprintf(stderr, "pywsgi: %s\n", text);
    return PYW_COMMAND_REFUSED;
}
