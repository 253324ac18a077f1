/* SPDX-License-Identifier: Apache-2.0 */
#include "command/help.h"

static void print_operand(FILE *out, const pyw_verb *verb)
{
    fprintf(out, "%s%s", verb->operand != NULL ? " " : "", verb->operand != NULL ? verb->operand : "");
}

void pyw_help_print_verbs(FILE *out, const pyw_verb *const *verbs)
{
    fputs("usage: pywsgi VERB [OPTION]...\n\n", out);
    for (; *verbs != NULL; verbs++) {
        int width = fprintf(out, "  %s", (*verbs)->name);

        width += (*verbs)->operand != NULL ? fprintf(out, " %s", (*verbs)->operand) : 0;
        fprintf(out, "%*s%s\n", 20 - width, "", (*verbs)->summary);
    }
    fputs("\n"
          "`pywsgi VERB --help` explains a verb, `pywsgi --version` prints the version.\n"
          "Exit status: 0 done, 1 refused or failed, 2 wrong command line, 3 no httpd found, or no permission;\n"
          "`status` also: 4 a group is not (yet) served by all its workers, 5 requests for a group fail.\n",
          out);
}

void pyw_help_print_usage(FILE *out, const pyw_verb *verb)
{
    fprintf(out, "usage: pywsgi %s [OPTION]...", verb->name);
    print_operand(out, verb);
    fputc('\n', out);
}

static void print_option(FILE *out, const pyw_verb_option *option)
{
    int width = fprintf(out, "  --%s", option->name);

    width += option->argument != NULL ? fprintf(out, " %s", option->argument) : 0;
    fprintf(out, "%*s%s\n", 22 - width, "", option->help);
}

void pyw_help_print_verb(FILE *out, const pyw_verb *verb)
{
    static const pyw_verb_option help = {"help", NULL, "print this"};

    pyw_help_print_usage(out, verb);
    fprintf(out, "\n%s.\n%s\n", verb->summary, verb->about != NULL ? verb->about : "");
    for (const pyw_verb_option *option = verb->options; option->name != NULL; option++) {
        print_option(out, option);
    }
    print_option(out, &help);
}
