/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/trusted_proxy.h"

#include <apr_network_io.h>
#include <arpa/inet.h>
#include <http_config.h>
#include <string.h>

#include "base/pair.h"
#include "config/proxy_headers.h"
#include "httpd/request/forwarded.h"

static const char *const variables[PYW_PROXY_FACTS] = {
    [PYW_PROXY_CLIENT] = "REMOTE_ADDR",      [PYW_PROXY_CLIENT_PORT] = "REMOTE_PORT",
    [PYW_PROXY_HOST] = "HTTP_HOST",          [PYW_PROXY_SERVER] = "SERVER_NAME",
    [PYW_PROXY_SERVER_PORT] = "SERVER_PORT", [PYW_PROXY_SCRIPT_NAME] = "SCRIPT_NAME",
    [PYW_PROXY_SCHEME] = "wsgi.url_scheme",
};

typedef struct claims {
    pyw_forwarded_trust trust;
    unsigned open;                                    /* the facts that headers may decide */
    pyw_forwarded_text values[PYW_PROXY_FACTS];       /* start NULL: no trusted header has it */
    const pyw_proxy_header *winners[PYW_PROXY_FACTS]; /* the headers of these values */
} claims;

/* `proxies` NULL: WSGITrustedProxies is not set, so every proxy is trusted, as in mod_wsgi. */
static int is_trusted(const apr_array_header_t *proxies, apr_sockaddr_t *address)
{
    for (int i = 0; proxies && i < proxies->nelts; i++) {
        if (apr_ipsubnet_test(APR_ARRAY_IDX(proxies, i, apr_ipsubnet_t *), address)) {
            return 1;
        }
    }
    return !proxies;
}

/* Fills in what apr_ipsubnet_test reads. apr_sockaddr_info_get(3) would need system calls. */
static int is_trusted_address(const void *baton, const char *text)
{
    apr_sockaddr_t address = {.family = APR_INET, .ipaddr_ptr = &address.sa.sin.sin_addr};

    if (inet_pton(AF_INET, text, &address.sa.sin.sin_addr) != 1) {
        address.family = APR_INET6;
        address.ipaddr_ptr = &address.sa.sin6.sin6_addr;
        if (inet_pton(AF_INET6, text, &address.sa.sin6.sin6_addr) != 1) {
            return 0;
        }
    }
    return is_trusted(baton, &address);
}

/*
 * The address that sent the request's headers. This is the TCP peer, even if mod_remoteip has found the client in one
 * of the headers. With RemoteIPProxyProtocol the TCP peer is a load balancer that does not see HTTP, and mod_remoteip
 * has the address of the load balancer's peer; then it has data at the connection.
 */
static apr_sockaddr_t *http_peer(const request_rec *r)
{
    module *remoteip = ap_find_linked_module("mod_remoteip.c");
    int is_proxy_protocol = remoteip && ap_get_module_config(r->connection->conn_config, remoteip);

    return is_proxy_protocol ? r->useragent_addr : r->connection->client_addr;
}

int pyw_trusted_proxy_has_sent(const request_rec *r, const apr_array_header_t *proxies)
{
    return proxies && is_trusted(proxies, http_peer(r));
}

/* If mod_remoteip has found a client that is not a trusted proxy, the rest of the headers is the client's own claim. */
static unsigned open_facts(request_rec *r, const apr_array_header_t *proxies)
{
    const unsigned client = 1u << PYW_PROXY_CLIENT | 1u << PYW_PROXY_CLIENT_PORT;
    apr_sockaddr_t *peer = http_peer(r);

    if (!is_trusted(proxies, peer)) {
        return 0;
    }
    return r->useragent_addr == peer || (proxies && is_trusted(proxies, r->useragent_addr)) ? ~0u : ~client;
}

/* Finds the last pair of the name, which the application would see. */
static pyw_pair *find_last(const apr_array_header_t *pairs, const char *name)
{
    for (int i = pairs->nelts - 1; i >= 0; i--) {
        if (strcmp(APR_ARRAY_IDX(pairs, i, pyw_pair).name, name) == 0) {
            return &APR_ARRAY_IDX(pairs, i, pyw_pair);
        }
    }
    return NULL;
}

/* If several synonyms are trusted and usable, the last of the directive decides. */
static void take_header(claims *taken, const pyw_proxy_header *header, const apr_array_header_t *pairs)
{
    pyw_pair *pair = find_last(pairs, header->variable);
    pyw_forwarded found;

    if (!pair) {
        return;
    }
    pyw_forwarded_read(&found, header->form, (pyw_forwarded_text){pair->value, pair->value_length}, &taken->trust);
    found.given &= taken->open;
    for (int fact = 0; fact < PYW_PROXY_FACTS; fact++) {
        if (found.given & 1u << fact) {
            taken->values[fact] = found.values[fact];
            taken->winners[fact] = header;
        }
    }
    if (found.given) {
        pair->value = found.kept.start;
        pair->value_length = (uint32_t)found.kept.length;
    }
}

static const pyw_proxy_header *header_of(const char *variable)
{
    const pyw_proxy_header *header = pyw_proxy_headers;

    if (strncmp(variable, "HTTP_", 5) != 0) {
        return NULL;
    }
    while (header->name && strcmp(header->variable, variable) != 0) {
        header++;
    }
    return header->name ? header : NULL;
}

static int has_won(const claims *taken, const pyw_proxy_header *header)
{
    int fact = 0;

    while (fact < PYW_PROXY_FACTS && taken->winners[fact] != header) {
        fact++;
    }
    return fact < PYW_PROXY_FACTS;
}

/* Removes all headers about the `facts`, except the headers that decided one. */
static void remove_losers(apr_array_header_t *pairs, unsigned facts, const claims *taken)
{
    pyw_pair *kept = (pyw_pair *)pairs->elts;

    for (int i = 0; i < pairs->nelts; i++) {
        const pyw_pair *pair = &APR_ARRAY_IDX(pairs, i, pyw_pair);
        const pyw_proxy_header *header = header_of(pair->name);

        if (!header || !(header->facts & facts) || has_won(taken, header)) {
            *kept++ = *pair;
        }
    }
    pairs->nelts = (int)(kept - (pyw_pair *)pairs->elts);
}

static void add_pair(apr_array_header_t *pairs, const char *name, pyw_forwarded_text value)
{
    pyw_pair *pair = apr_array_push(pairs);

    *pair = (pyw_pair){name, value.start, (uint32_t)strlen(name), (uint32_t)value.length};
}

void pyw_trusted_proxy_apply(request_rec *r, const pyw_dir_config *config, apr_array_header_t *pairs)
{
    const apr_array_header_t *headers = config->trusted_proxy_headers;
    claims taken = {.trust = {is_trusted_address, config->trusted_proxies},
                    .open = open_facts(r, config->trusted_proxies)};
    unsigned facts = 0;

    for (int i = 0; i < headers->nelts; i++) {
        const pyw_proxy_header *header = APR_ARRAY_IDX(headers, i, const pyw_proxy_header *);

        facts |= header->facts;
        take_header(&taken, header, pairs);
    }
    remove_losers(pairs, facts, &taken);
    for (int fact = 0; fact < PYW_PROXY_FACTS; fact++) {
        if (taken.winners[fact]) {
            add_pair(pairs, variables[fact], taken.values[fact]);
        }
    }
    if (taken.winners[PYW_PROXY_SCRIPT_NAME]) {
        add_pair(pairs, "mod_wsgi.mount_point", taken.values[PYW_PROXY_SCRIPT_NAME]);
    }
}
