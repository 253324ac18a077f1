/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_FUZZ_TEXT_PAIRS_H
#define PYW_FUZZ_TEXT_PAIRS_H

/* Pairs of a message as readable text, for the inputs of fuzzers: a line name=value for each pair. */

#include <stddef.h>

#include "wire/message.h"

/*
 * Adds the pairs of the lines up to an empty one, which refer to `text`. Returns the number of bytes that were read,
 * with the empty line.
 */
size_t pyw_text_pairs_read(pyw_pairs *pairs, const char *text, size_t length);

#endif
