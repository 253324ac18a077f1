/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_DIGEST_H
#define PYW_BASE_DIGEST_H

/* FNV-1a, to recognise equal values. It is no protection against an attacker, who can make two values collide. */

#include <stddef.h>
#include <stdint.h>

#define PYW_DIGEST_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t pyw_digest_mix(uint64_t digest, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++) {
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}

#endif
