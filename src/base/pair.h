/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_PAIR_H
#define PYW_BASE_PAIR_H

#include <stdint.h>

/*
 * A name and its value as byte strings with lengths: an environ entry, a response header, an option. Not
 * NUL-terminated, unless the code that makes them says so. The bytes belong to the creator of the pair.
 */
typedef struct pyw_pair {
    const char *name;
    const char *value;
    uint32_t name_length;
    uint32_t value_length;
} pyw_pair;

#endif
