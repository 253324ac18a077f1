/* SPDX-License-Identifier: Apache-2.0 */
#include "config/proxy_headers.h"

#include <strings.h>

#include "base/suggest.h"

#define FACT(name) (1u << PYW_PROXY_##name)
#define CLIENT (FACT(CLIENT) | FACT(CLIENT_PORT))

const pyw_proxy_header pyw_proxy_headers[] = {
    {"Forwarded", "HTTP_FORWARDED", PYW_PROXY_FORM_FORWARDED, CLIENT | FACT(HOST) | FACT(SCHEME)},
    {"X-Forwarded-For", "HTTP_X_FORWARDED_FOR", PYW_PROXY_FORM_ADDRESSES, CLIENT},
    {"X-Client-IP", "HTTP_X_CLIENT_IP", PYW_PROXY_FORM_ADDRESS, CLIENT},
    {"X-Real-IP", "HTTP_X_REAL_IP", PYW_PROXY_FORM_ADDRESS, CLIENT},
    {"X-Forwarded-Host", "HTTP_X_FORWARDED_HOST", PYW_PROXY_FORM_HOST, FACT(HOST)},
    {"X-Host", "HTTP_X_HOST", PYW_PROXY_FORM_HOST, FACT(HOST)},
    {"X-Forwarded-Server", "HTTP_X_FORWARDED_SERVER", PYW_PROXY_FORM_SERVER, FACT(SERVER)},
    {"X-Forwarded-Port", "HTTP_X_FORWARDED_PORT", PYW_PROXY_FORM_PORT, FACT(SERVER_PORT)},
    {"X-Script-Name", "HTTP_X_SCRIPT_NAME", PYW_PROXY_FORM_PATH, FACT(SCRIPT_NAME)},
    {"X-Forwarded-Script-Name", "HTTP_X_FORWARDED_SCRIPT_NAME", PYW_PROXY_FORM_PATH, FACT(SCRIPT_NAME)},
    {"X-Forwarded-Proto", "HTTP_X_FORWARDED_PROTO", PYW_PROXY_FORM_SCHEME, FACT(SCHEME)},
    {"X-Forwarded-Scheme", "HTTP_X_FORWARDED_SCHEME", PYW_PROXY_FORM_SCHEME, FACT(SCHEME)},
    {"X-Scheme", "HTTP_X_SCHEME", PYW_PROXY_FORM_SCHEME, FACT(SCHEME)},
    {"X-Forwarded-HTTPS", "HTTP_X_FORWARDED_HTTPS", PYW_PROXY_FORM_IS_HTTPS, FACT(SCHEME)},
    {"X-Forwarded-SSL", "HTTP_X_FORWARDED_SSL", PYW_PROXY_FORM_IS_HTTPS, FACT(SCHEME)},
    {"X-HTTPS", "HTTP_X_HTTPS", PYW_PROXY_FORM_IS_HTTPS, FACT(SCHEME)},
    {.name = NULL},
};

enum { HEADERS = sizeof(pyw_proxy_headers) / sizeof(pyw_proxy_headers[0]) };

const pyw_proxy_header *pyw_proxy_header_find(const char *name)
{
    for (const pyw_proxy_header *header = pyw_proxy_headers; header->name; header++) {
        if (strcasecmp(header->name, name) == 0) {
            return header;
        }
    }
    return NULL;
}

const char *pyw_proxy_header_suggest(const char *name)
{
    const char *names[HEADERS];

    for (int i = 0; i < HEADERS; i++) {
        names[i] = pyw_proxy_headers[i].name;
    }
    return pyw_suggest(name, names);
}
