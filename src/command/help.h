/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_HELP_H
#define PYW_COMMAND_HELP_H

/* The help of the program and of its verbs. */

#include <stdio.h>

#include "command/verb.h"

/* Prints a line for each verb; `verbs` ends with NULL. */
void pyw_help_print_verbs(FILE *out, const pyw_verb *const *verbs);

/* "usage: pywsgi reload [OPTION]... GROUP" */
void pyw_help_print_usage(FILE *out, const pyw_verb *verb);

/* The usage, the description and the options of a verb. */
void pyw_help_print_verb(FILE *out, const pyw_verb *verb);

#endif
