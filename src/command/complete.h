/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_COMPLETE_H
#define PYW_COMMAND_COMPLETE_H

/* The words that a shell offers (tools/pywsgi.bash). */

#include <apr_pools.h>

#include "command/verb.h"

/*
 * Prints a line for each word that may follow the `count` words after "pywsgi": the verbs, or the options of the verb
 * and the groups. A manager that cannot be asked has no groups.
 */
void pyw_complete(apr_pool_t *pool, const pyw_verb *const *verbs, int count, char **words);

#endif
