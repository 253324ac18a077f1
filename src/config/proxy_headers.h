/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_PROXY_HEADERS_H
#define PYW_CONFIG_PROXY_HEADERS_H

/*
 * The headers in which proxies describe the original request, and which WSGITrustedProxyHeaders accepts. Constant data
 * and pure functions; libc only. Any process and thread.
 */

#include <stddef.h>

/* The facts about the original request. */
typedef enum {
    PYW_PROXY_CLIENT,
    PYW_PROXY_CLIENT_PORT,
    PYW_PROXY_HOST,
    PYW_PROXY_SERVER,
    PYW_PROXY_SERVER_PORT,
    PYW_PROXY_SCRIPT_NAME,
    PYW_PROXY_SCHEME,
    PYW_PROXY_FACTS
} pyw_proxy_fact;

/* The syntax of a header's value. */
typedef enum {
    PYW_PROXY_FORM_ADDRESSES, /* a list: each proxy appends the address of its own client */
    PYW_PROXY_FORM_ADDRESS,
    PYW_PROXY_FORM_HOST, /* with or without a port */
    PYW_PROXY_FORM_SERVER,
    PYW_PROXY_FORM_PORT,
    PYW_PROXY_FORM_PATH,
    PYW_PROXY_FORM_SCHEME,   /* http, https */
    PYW_PROXY_FORM_IS_HTTPS, /* On, true, 1; Off, false, 0 */
    PYW_PROXY_FORM_FORWARDED /* RFC 7239 */
} pyw_proxy_form;

typedef struct pyw_proxy_header {
    const char *name;     /* "X-Forwarded-For" */
    const char *variable; /* "HTTP_X_FORWARDED_FOR" */
    pyw_proxy_form form;
    unsigned facts; /* a set of 1 << pyw_proxy_fact; headers with a common fact are synonyms */
} pyw_proxy_header;

/* All known headers; the last has no name. */
extern const pyw_proxy_header pyw_proxy_headers[];

/* By the header's name, in any case; NULL: not known. */
const pyw_proxy_header *pyw_proxy_header_find(const char *name);

/* The known name that is most similar to `name`; NULL: none is similar. */
const char *pyw_proxy_header_suggest(const char *name);

#endif
