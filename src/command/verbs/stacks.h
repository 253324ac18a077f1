/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_VERBS_STACKS_H
#define PYW_COMMAND_VERBS_STACKS_H

#include "command/verb.h"

/* `pywsgi top` runs it as well. Its options are --json and --directory, in this order. */
extern const pyw_verb pyw_verb_stacks;

#endif
