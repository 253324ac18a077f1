/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_PROFILE_HOT_CALLS_H
#define PYW_COMMAND_PROFILE_HOT_CALLS_H

/* The calls in which a profile has found most samples, as a table for a terminal. */

#include <stdio.h>

#include "base/folded_stacks.h"

/*
 * Prints up to `most` calls with their shares: of samples in the call itself, and in the calls that it made, too. The
 * stacks must be escaped for a terminal. 0: out of memory.
 */
int pyw_hot_calls_print(FILE *out, const pyw_folded_stack *const *stacks, size_t count, size_t most);

#endif
