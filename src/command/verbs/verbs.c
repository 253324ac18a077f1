/* SPDX-License-Identifier: Apache-2.0 */
#include "command/verbs/verbs.h"

#include <stddef.h>

const pyw_verb *const pyw_verbs[] = {
    &pyw_verb_status,  &pyw_verb_top,
    &pyw_verb_reload,  &pyw_verb_restart,
    &pyw_verb_stop,    &pyw_verb_start,
    &pyw_verb_drain,   &pyw_verb_stacks,
    &pyw_verb_profile, &pyw_verb_check,
    &pyw_verb_explain, &pyw_verb_serve,
    &pyw_verb_vhost,   NULL,
};
