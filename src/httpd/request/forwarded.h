/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_FORWARDED_H
#define PYW_HTTPD_REQUEST_FORWARDED_H

/*
 * Reads the headers in which proxies describe the original request. Pure functions: libc only, nothing is allocated,
 * any thread.
 *
 * A client can send any of these headers, and a proxy that does not remove it appends its own value. Therefore values
 * are read from the right, where the nearest proxy writes, and only the part that trusted proxies have written.
 */

#include <stddef.h>

#include "config/proxy_headers.h"

/* Without a NUL. `start` points into the value that was read, or to a constant. */
typedef struct pyw_forwarded_text {
    const char *start;
    size_t length;
} pyw_forwarded_text;

/* Whether the proxy at `address`, a numeric IPv4 or IPv6 address, is trusted. */
typedef struct pyw_forwarded_trust {
    int (*is_trusted)(const void *baton, const char *address);
    const void *baton;
} pyw_forwarded_trust;

typedef struct pyw_forwarded {
    unsigned given;                             /* a set of 1 << pyw_proxy_fact; 0: the value is not usable */
    pyw_forwarded_text values[PYW_PROXY_FACTS]; /* of the facts in `given` */
    pyw_forwarded_text kept;                    /* the part of the value that trusted proxies have written */
} pyw_forwarded;

/* Reads the value of a header that the HTTP peer, a trusted proxy, has sent. */
void pyw_forwarded_read(pyw_forwarded *found, pyw_proxy_form form, pyw_forwarded_text value,
                        const pyw_forwarded_trust *trust);

#endif
