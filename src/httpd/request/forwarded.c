/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/forwarded.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef pyw_forwarded_text text;

enum { HOST_MAX = 255, PORT_DIGITS_MAX = 5, PORT_MAX = 65535 };

/* Parts of texts */

static text part(const char *start, const char *end)
{
    return (text){start, (size_t)(end - start)};
}

static const char *end_of(text whole)
{
    return whole.start + whole.length;
}

static int is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static text trimmed(text whole)
{
    while (whole.length > 0 && is_blank(*whole.start)) {
        whole = part(whole.start + 1, end_of(whole));
    }
    while (whole.length > 0 && is_blank(end_of(whole)[-1])) {
        whole.length--;
    }
    return whole;
}

static int is_word(text whole, const char *word)
{
    return whole.length == strlen(word) && strncasecmp(whole.start, word, whole.length) == 0;
}

static int consists_of(text whole, const char *others)
{
    for (size_t i = 0; i < whole.length; i++) {
        if (!isalnum((unsigned char)whole.start[i]) && !(whole.start[i] && strchr(others, whole.start[i]))) {
            return 0;
        }
    }
    return whole.length > 0;
}

/*
 * Removes the last element of a comma-separated list; empty elements count. A comma between quotes separates nothing.
 * 0: the list is at its end.
 */
static int take_last(text *list, text *element)
{
    const char *start = end_of(*list);
    int is_quoted = 0;

    if (list->length == 0) {
        return 0;
    }
    while (start > list->start && (is_quoted || start[-1] != ',')) {
        start--;
        is_quoted ^= *start == '"';
    }
    *element = trimmed(part(start, end_of(*list)));
    list->length = start > list->start ? (size_t)(start - 1 - list->start) : 0;
    return 1;
}

/* Addresses, hosts and ports */

static int is_port(text port)
{
    unsigned long number = 0;

    for (size_t i = 0; i < port.length; i++) {
        if (!isdigit((unsigned char)port.start[i])) {
            return 0;
        }
        number = number * 10 + (unsigned long)(port.start[i] - '0');
    }
    return port.length <= PORT_DIGITS_MAX && number > 0 && number <= PORT_MAX;
}

/*
 * Splits "host", "host:port", "[IPv6]", "[IPv6]:port" and a bare IPv6 address. `port` is empty if there is none. 0:
 * none of these.
 */
static int split_port(text whole, text *host, text *port)
{
    const char *colon = memchr(whole.start, ':', whole.length);
    const char *bracket = memchr(whole.start, ']', whole.length);

    *host = whole;
    *port = part(end_of(whole), end_of(whole));
    if (whole.length > 0 && *whole.start == '[') {
        if (!bracket) {
            return 0;
        }
        *host = part(whole.start + 1, bracket);
        colon = bracket + 1 < end_of(whole) ? bracket + 1 : NULL;
    }
    else {
        if (!colon || memchr(colon + 1, ':', (size_t)(end_of(whole) - colon - 1))) {
            return 1;
        }
        *host = part(whole.start, colon);
    }
    if (colon) {
        *port = part(colon + 1, end_of(whole));
    }
    return !colon || (*colon == ':' && port->length > 0);
}

/* Copies a valid address. 0: the address is invalid. */
static int copy_address(char address[INET6_ADDRSTRLEN], text host)
{
    struct in6_addr binary;

    if (host.length >= INET6_ADDRSTRLEN || memchr(host.start, '\0', host.length)) {
        return 0;
    }
    memcpy(address, host.start, host.length);
    address[host.length] = '\0';
    return inet_pton(AF_INET, address, &binary) == 1 || inet_pton(AF_INET6, address, &binary) == 1;
}

static void give(pyw_forwarded *found, pyw_proxy_fact fact, text value)
{
    found->values[fact] = value;
    found->given |= 1u << fact;
}

static int has(const pyw_forwarded *found, pyw_proxy_fact fact)
{
    return (found->given & 1u << fact) != 0;
}

/* A port that is missing or obfuscated (RFC 7239 section 6.3) is 0, as in mod_remoteip. */
static int read_client(pyw_forwarded *found, text node, char address[INET6_ADDRSTRLEN])
{
    text host, port;

    if (!split_port(node, &host, &port) || !copy_address(address, host)) {
        return 0;
    }
    give(found, PYW_PROXY_CLIENT, host);
    give(found, PYW_PROXY_CLIENT_PORT, is_port(port) ? port : (text){"0", 1});
    return 1;
}

/* The host of `value`, which may have a port. 0: malformed. */
static int split_host(text value, text *host)
{
    char address[INET6_ADDRSTRLEN];
    text port;

    if (!split_port(value, host, &port) || (port.length > 0 && !is_port(port)) || host->length > HOST_MAX) {
        return 0;
    }
    return *value.start == '[' ? copy_address(address, *host) : consists_of(*host, "-._~");
}

static void read_host(pyw_forwarded *found, text value)
{
    text host;

    if (value.length > 0 && split_host(value, &host)) {
        give(found, PYW_PROXY_HOST, value);
    }
}

/* SERVER_NAME has no port. An IPv6 address keeps its brackets, as in httpd's own SERVER_NAME. */
static void read_server(pyw_forwarded *found, text value)
{
    text host;

    if (value.length > 0 && split_host(value, &host)) {
        give(found, PYW_PROXY_SERVER, *value.start == '[' ? part(value.start, end_of(host) + 1) : host);
    }
}

static void read_port(pyw_forwarded *found, text value)
{
    if (is_port(value)) {
        give(found, PYW_PROXY_SERVER_PORT, value);
    }
}

/* A path with "//host" would be the URL of another server. SCRIPT_NAME of the root is empty. */
static void read_path(pyw_forwarded *found, text value)
{
    while (value.length > 0 && end_of(value)[-1] == '/') {
        value.length--;
    }
    for (size_t i = 0; i < value.length; i++) {
        unsigned char character = (unsigned char)value.start[i];

        if (character <= ' ' || character == 0x7f || (character == '/' && value.start[i + 1] == '/')) {
            return;
        }
    }
    if (value.length == 0 || *value.start == '/') {
        give(found, PYW_PROXY_SCRIPT_NAME, value);
    }
}

static void give_scheme(pyw_forwarded *found, int is_https)
{
    give(found, PYW_PROXY_SCHEME, is_https ? (text){"https", 5} : (text){"http", 4});
}

static void read_scheme(pyw_forwarded *found, text value)
{
    if (is_word(value, "https") || is_word(value, "http")) {
        give_scheme(found, value.length == 5);
    }
}

static void read_is_https(pyw_forwarded *found, text value)
{
    int is_on = is_word(value, "on") || is_word(value, "true") || is_word(value, "1");

    if (is_on || is_word(value, "off") || is_word(value, "false") || is_word(value, "0")) {
        give_scheme(found, is_on);
    }
}

/* Lists to which each proxy appends */

static void read_addresses(pyw_forwarded *found, text list, const pyw_forwarded_trust *trust)
{
    const char *end = end_of(list);
    char address[INET6_ADDRSTRLEN];
    int is_trusted = 1;
    text element;

    while (is_trusted && take_last(&list, &element)) {
        if (element.length > 0) {
            if (!read_client(found, element, address)) {
                return;
            }
            found->kept = part(element.start, end);
            is_trusted = trust->is_trusted(trust->baton, address);
        }
    }
}

/* Removes the first "name=value" of an element of Forwarded; the value is without its quotes. 0: malformed. */
static int take_parameter(text *element, text *name, text *value)
{
    const char *equals = memchr(element->start, '=', element->length);
    const char *end;

    if (!equals) {
        return 0;
    }
    *name = part(element->start, equals);
    *element = part(equals + 1, end_of(*element));
    if (element->length > 0 && *element->start == '"') {
        end = memchr(element->start + 1, '"', element->length - 1);
        *value = part(element->start + 1, end ? end++ : element->start + 1);
    }
    else {
        end = memchr(element->start, ';', element->length);
        end = end ? end : end_of(*element);
        *value = trimmed(part(element->start, end));
    }
    if (!end) {
        return 0;
    }
    *element = trimmed(part(end, end_of(*element)));
    return consists_of(*name, "!#$%&'*+-.^_`|~") && !memchr(value->start, '"', value->length) &&
           !memchr(value->start, '\\', value->length) && (element->length == 0 || *element->start == ';');
}

/* A repeated parameter makes an element malformed. An unusable value, such as for=unknown, is ignored. */
static int read_parameter(pyw_forwarded *hop, text name, text value, char address[INET6_ADDRSTRLEN])
{
    if (is_word(name, "for")) {
        return !has(hop, PYW_PROXY_CLIENT) && (read_client(hop, value, address) || 1);
    }
    if (is_word(name, "host")) {
        int is_first = !has(hop, PYW_PROXY_HOST);

        read_host(hop, value);
        return is_first;
    }
    if (is_word(name, "proto")) {
        int is_first = !has(hop, PYW_PROXY_SCHEME);

        read_scheme(hop, value);
        return is_first;
    }
    return 1;
}

/* One element of Forwarded. 0: malformed. */
static int read_hop(pyw_forwarded *hop, text element, char address[INET6_ADDRSTRLEN])
{
    text name, value;

    memset(hop, 0, sizeof(*hop));
    while (element.length > 0) {
        if (*element.start == ';') {
            element = trimmed(part(element.start + 1, end_of(element)));
        }
        else if (!take_parameter(&element, &name, &value) || !read_parameter(hop, name, value, address)) {
            return 0;
        }
    }
    return 1;
}

static void merge(pyw_forwarded *found, const pyw_forwarded *hop)
{
    for (pyw_proxy_fact fact = 0; fact < PYW_PROXY_FACTS; fact++) {
        if (has(hop, fact)) {
            give(found, fact, hop->values[fact]);
        }
    }
}

/* An outer proxy knows more about the original request, so its element overrides the elements of inner proxies. */
static void read_forwarded(pyw_forwarded *found, text list, const pyw_forwarded_trust *trust)
{
    const char *end = end_of(list);
    char address[INET6_ADDRSTRLEN];
    int is_trusted = 1;
    pyw_forwarded hop;
    text element;

    while (is_trusted && take_last(&list, &element)) {
        if (element.length > 0) {
            if (!read_hop(&hop, element, address)) {
                return;
            }
            merge(found, &hop);
            found->kept = part(element.start, end);
            is_trusted = has(&hop, PYW_PROXY_CLIENT) && trust->is_trusted(trust->baton, address);
        }
    }
}

/* Other headers: the nearest proxy has written the last value */

static void read_single(pyw_forwarded *found, pyw_proxy_form form, text value)
{
    char address[INET6_ADDRSTRLEN];

    found->kept = value;
    switch (form) {
    case PYW_PROXY_FORM_ADDRESS:
        read_client(found, value, address);
        break;
    case PYW_PROXY_FORM_HOST:
        read_host(found, value);
        break;
    case PYW_PROXY_FORM_SERVER:
        read_server(found, value);
        break;
    case PYW_PROXY_FORM_PORT:
        read_port(found, value);
        break;
    case PYW_PROXY_FORM_SCHEME:
        read_scheme(found, value);
        break;
    case PYW_PROXY_FORM_IS_HTTPS:
        read_is_https(found, value);
        break;
    default:
        read_path(found, value);
        break;
    }
}

void pyw_forwarded_read(pyw_forwarded *found, pyw_proxy_form form, pyw_forwarded_text value,
                        const pyw_forwarded_trust *trust)
{
    text last = {value.start, 0};

    memset(found, 0, sizeof(*found));
    if (form == PYW_PROXY_FORM_ADDRESSES) {
        read_addresses(found, value, trust);
    }
    else if (form == PYW_PROXY_FORM_FORWARDED) {
        read_forwarded(found, value, trust);
    }
    else if (form == PYW_PROXY_FORM_PATH) {
        read_single(found, form, trimmed(value)); /* a path may contain a comma */
    }
    else {
        take_last(&value, &last);
        read_single(found, form, last);
    }
}
