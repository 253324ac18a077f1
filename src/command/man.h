/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_MAN_H
#define PYW_COMMAND_MAN_H

/* The manual pages of the verbs, in mdoc(7), which `make` lets the program write. */

#include "command/verb.h"

/* Writes pywsgi-VERB.1 for each verb into the directory. `verbs` ends with NULL. Returns the exit status. */
int pyw_man_write(const pyw_verb *const *verbs, const char *directory);

#endif
