/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the headers of proxies. The first byte chooses the header, the second the proxies that are
 * trusted; the rest is the value. Each fact must be usable in environ: an address, a host, a port, a path, a scheme.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "httpd/request/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS = 16, PREFIX = 2 };

static int is_trusted(const void *baton, const char *address)
{
    struct in6_addr binary;

    pyw_must(inet_pton(AF_INET, address, &binary) == 1 || inet_pton(AF_INET6, address, &binary) == 1);
    return (*(const uint8_t *)baton >> (address[0] & 7)) & 1;
}

/* Are all characters visible, and is none of them a delimiter? */
static int is_clean(pyw_forwarded_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char character = (unsigned char)text.start[i];

        if (character <= ' ' || character == 0x7f || strchr("\"\\<>@", character)) {
            return 0;
        }
    }
    return 1;
}

static void check_number(pyw_forwarded_text text)
{
    pyw_must(text.length >= 1 && text.length <= 5);
    for (size_t i = 0; i < text.length; i++) {
        pyw_must(text.start[i] >= '0' && text.start[i] <= '9');
    }
}

static void check_fact(int fact, pyw_forwarded_text text)
{
    if (fact == PYW_PROXY_CLIENT_PORT || fact == PYW_PROXY_SERVER_PORT) {
        check_number(text);
    }
    else if (fact == PYW_PROXY_SCRIPT_NAME) {
        pyw_must(text.length == 0 || (*text.start == '/' && text.start[1] != '/'));
    }
    else {
        pyw_must(text.length > 0 && is_clean(text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const pyw_proxy_header *header = &pyw_proxy_headers[size > 0 ? data[0] % HEADERS : 0];
    pyw_forwarded found;

    if (size >= PREFIX) {
        /* A copy of its own, so that a byte behind the value is out of bounds. */
        char *value = malloc(size - PREFIX);
        const pyw_forwarded_trust trust = {is_trusted, data + 1};
        pyw_forwarded_text text = {value, size - PREFIX};

        pyw_must(value != NULL);
        memcpy(value, data + PREFIX, text.length);
        pyw_forwarded_read(&found, header->form, text, &trust);
        pyw_must((found.given & ~header->facts) == 0);
        for (int fact = 0; fact < PYW_PROXY_FACTS; fact++) {
            if (found.given & 1u << fact) {
                check_fact(fact, found.values[fact]);
                pyw_must(found.kept.start >= value && found.kept.start + found.kept.length <= value + text.length);
            }
        }
        free(value);
    }
    return 0;
}
