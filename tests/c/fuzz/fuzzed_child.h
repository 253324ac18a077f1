/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_FUZZ_FUZZED_CHILD_H
#define PYW_FUZZ_FUZZED_CHILD_H

#include "manager/child/child.h"

/* Gives the child a channel, and returns the worker's end of it. */
int pyw_fuzzed_child_open(pyw_child *child);

#endif
