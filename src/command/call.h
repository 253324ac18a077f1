/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_CALL_H
#define PYW_COMMAND_CALL_H

/* Reads the command line of a verb, whose options are in its pyw_verb. */

#include "command/verb.h"

/*
 * Fills `call`, whose pool and verb are set, from the arguments; argv[0] is the verb's name. Returns NULL, or an error
 * text from the pool. Sets *wants_help for --help, and then reads no further.
 */
const char *pyw_call_parse(pyw_call *call, int argc, char **argv, int *wants_help);

/*
 * The argument of the option, the last one if it is given several times, "" for a switch; NULL: it is not given. The
 * verb must have the option.
 */
const char *pyw_call_option(const pyw_call *call, const char *name);

/* The arguments of an option that may be given several times, const char *, in the order of the command line. */
const apr_array_header_t *pyw_call_options(const pyw_call *call, const char *name);

/*
 * Sets *value if the option is given. 0: its argument is not a whole number from `least` to `most`, and an error is
 * printed: the verb returns PYW_COMMAND_USAGE.
 */
int pyw_call_number(const pyw_call *call, const char *name, long least, long most, long *value);

/* Prints "pywsgi: text" on the standard error output. Returns PYW_COMMAND_REFUSED. */
int pyw_call_fail(const char *text);

#endif
