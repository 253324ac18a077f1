/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_VERBS_VERBS_H
#define PYW_COMMAND_VERBS_VERBS_H

/* The table of verbs, in the order of the program's help. */

#include "command/verb.h"

/* Ends with NULL. */
extern const pyw_verb *const pyw_verbs[];

/*
 * Each is in the file of its name; reload, restart, stop, start and drain are in control.c. These files do not include
 * this header, because the table refers to them.
 */
extern const pyw_verb pyw_verb_status;
extern const pyw_verb pyw_verb_top;
extern const pyw_verb pyw_verb_reload;
extern const pyw_verb pyw_verb_restart;
extern const pyw_verb pyw_verb_stop;
extern const pyw_verb pyw_verb_start;
extern const pyw_verb pyw_verb_drain;
extern const pyw_verb pyw_verb_stacks;
extern const pyw_verb pyw_verb_check;
extern const pyw_verb pyw_verb_explain;
extern const pyw_verb pyw_verb_serve;
extern const pyw_verb pyw_verb_vhost;
extern const pyw_verb pyw_verb_profile;

#endif
