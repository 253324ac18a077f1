/* SPDX-License-Identifier: Apache-2.0 */
#include "command/man.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "command/call.h"
#include "command/exit_status.h"

/* A constant, so that a build is reproducible: the day when the text below was changed. */
#define MAN_DATE "November 30, 2026"

enum { LINE_MOST = 72, SENTENCE_MOST = 512 };

/* A line that begins with a dot or an apostrophe would be a request, and a backslash an escape. Returns the width. */
static int print_word(FILE *out, const char *word, int length, int is_at_start)
{
    if (is_at_start && (*word == '.' || *word == '\'')) {
        fputs("\\&", out);
    }
    for (int i = 0; i < length; i++) {
        fputs(word[i] == '\\' ? "\\e" : (char[2]){word[i], '\0'}, out);
    }
    return length;
}

/* Each sentence begins on a new line, as mdoc wants it. An empty line separates paragraphs. Ends with a newline. */
static void print_roff(FILE *out, const char *text)
{
    int column = 0, is_end = 0;

    while (*text != '\0') {
        int length = (int)strcspn(text, " \n");
        int blanks = (int)strspn(text + length, " \n");

        if (column > 0 && (is_end || column + 1 + length > LINE_MOST)) {
            fputc('\n', out);
            column = 0;
        }
        column += column > 0 ? fprintf(out, " ") : 0;
        column += print_word(out, text, length, column == 0);
        is_end = length > 0 && text[length - 1] == '.';
        if (blanks > 1) {
            fputs("\n.Pp\n", out);
            column = 0;
        }
        text += length + blanks;
    }
    fputs(column > 0 ? "\n" : "", out);
}

/* As print_roff, with a capital letter and a full stop. */
static void print_sentence(FILE *out, const char *text)
{
    char sentence[SENTENCE_MOST];

    snprintf(sentence, sizeof(sentence), "%c%s.", toupper((unsigned char)*text), text + 1);
    print_roff(out, sentence);
}

/* An argument in brackets may be left out. */
static void print_option(FILE *out, const char *request, const pyw_verb_option *option)
{
    const char *argument = option->argument;

    fprintf(out, "%s Fl -%s", request, option->name);
    if (argument != NULL && *argument == '[') {
        fprintf(out, " Op Ar %.*s", (int)strlen(argument) - 2, argument + 1);
    }
    else if (argument != NULL) {
        fprintf(out, " Ar %s", argument);
    }
    fputc('\n', out);
}

static void print_synopsis(FILE *out, const pyw_verb *verb)
{
    fprintf(out, ".Sh SYNOPSIS\n.Nm pywsgi %s\n", verb->name);
    for (const pyw_verb_option *option = verb->options; option->name != NULL; option++) {
        print_option(out, ".Op", option);
    }
    if (verb->operand != NULL && *verb->operand == '[') {
        fprintf(out, ".Op Ar %.*s\n", (int)strlen(verb->operand) - 2, verb->operand + 1);
    }
    else if (verb->operand != NULL) {
        fprintf(out, ".Ar %s\n", verb->operand);
    }
}

static void print_options(FILE *out, const pyw_verb *verb)
{
    fputs(".Pp\nThe options are:\n.Bl -tag -width Ds\n", out);
    for (const pyw_verb_option *option = verb->options; option->name != NULL; option++) {
        print_option(out, ".It", option);
        print_sentence(out, option->help);
    }
    fputs(".It Fl -help\nPrint the usage and the options.\n.El\n", out);
}

static void print_page(FILE *out, const pyw_verb *verb)
{
    fputs(".Dd " MAN_DATE "\n.Dt PYWSGI-", out);
    for (const char *letter = verb->name; *letter != '\0'; letter++) {
        fputc(toupper((unsigned char)*letter), out);
    }
    fprintf(out, " 1\n.Os\n.Sh NAME\n.Nm pywsgi-%s\n.Nd %c", verb->name, tolower((unsigned char)*verb->summary));
    print_roff(out, verb->summary + 1);
    print_synopsis(out, verb);
    fputs(".Sh DESCRIPTION\n", out);
    print_sentence(out, verb->summary);
    print_roff(out, verb->about != NULL ? verb->about : "");
    print_options(out, verb);
    fputs(".Sh EXIT STATUS\n.Xr pywsgi 1\nlists the exit statuses of all verbs.\n", out);
    fputs(".Sh SEE ALSO\n.Xr pywsgi 1\n", out);
}

int pyw_man_write(const pyw_verb *const *verbs, const char *directory)
{
    char path[PATH_MAX];

    for (; *verbs != NULL; verbs++) {
        FILE *out;

        snprintf(path, sizeof(path), "%s/pywsgi-%s.1", directory, (*verbs)->name);
        out = fopen(path, "we");
        if (out == NULL) {
            return pyw_call_fail("a manual page cannot be written");
        }
        print_page(out, *verbs);
        if (ferror(out) | fclose(out)) {
            return pyw_call_fail("a manual page cannot be written");
        }
    }
    return PYW_COMMAND_DONE;
}
