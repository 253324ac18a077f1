/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the head of a worker's response in httpd. The input is a frame, whose payload is the HEAD. A
 * head that is accepted cannot split the response: it has no control character, no hop-by-hop header and one length.
 * httpd's functions are in its program, so this file has its own for the rules of RFC 9110.
 */
#include <apr_cstr.h>
#include <apr_general.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <httpd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "httpd/response/head.h"
#include "wire/frame.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *ap_scan_http_token(const char *text)
{
    while (*text != '\0' && (apr_isalnum(*text) || strchr("!#$%&'*+-.^_`|~", *text) != NULL)) {
        text++;
    }
    return text;
}

const char *ap_scan_http_field_content(const char *text)
{
    while (*text == '\t' || ((unsigned char)*text >= ' ' && *text != 0x7f)) {
        text++;
    }
    return text;
}

int ap_cstr_casecmp(const char *one, const char *other)
{
    return apr_cstr_casecmp(one, other);
}

int ap_cstr_casecmpn(const char *one, const char *other, apr_size_t length)
{
    return apr_cstr_casecmpn(one, other, length);
}

const char *ap_get_status_line(int status)
{
    return status == HTTP_OK ? "200 OK" : status == HTTP_NOT_FOUND ? "404 Not Found" : "500 Internal Server Error";
}

int ap_parse_strict_length(apr_off_t *length, const char *text)
{
    char *end;

    if (!apr_isdigit(*text)) {
        return 0;
    }
    return apr_strtoff(length, text, &end, 10) == APR_SUCCESS && *end == '\0' && *length >= 0;
}

void ap_set_content_length(request_rec *r, apr_off_t length)
{
    r->clength = length;
    apr_table_setn(r->headers_out, "Content-Length", apr_off_t_toa(r->pool, length));
}

void ap_set_content_type(request_rec *r, const char *type)
{
    r->content_type = type;
}

static int check_header(void *lengths, const char *name, const char *value)
{
    static const char *const refused[] = {"Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade"};

    pyw_must(*name != '\0' && *ap_scan_http_token(name) == '\0' && *ap_scan_http_field_content(value) == '\0');
    pyw_must(strncasecmp(name, "Proxy-", 6) != 0);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        pyw_must(strcasecmp(name, refused[i]) != 0);
    }
    *(int *)lengths += strcasecmp(name, "Content-Length") == 0;
    return 1;
}

static void check_response(const request_rec *r)
{
    int lengths = 0;

    pyw_must(*ap_scan_http_field_content(r->status_line) == '\0');
    pyw_must(r->content_type == NULL || *ap_scan_http_field_content(r->content_type) == '\0');
    apr_table_do(check_header, &lengths, r->headers_out, NULL);
    pyw_must(lengths <= 1);
}

static void apply(apr_pool_t *pool, const pyw_message_head *message, const pyw_pairs *pairs)
{
    const pyw_head head = {.status = message->status,
                           .reason = message->reason,
                           .reason_length = message->reason_length,
                           .headers = pairs->items,
                           .count = pairs->count};
    request_rec *r = apr_pcalloc(pool, sizeof(*r));

    r->pool = pool;
    r->headers_out = apr_table_make(pool, 4);
    r->err_headers_out = apr_table_make(pool, 4);
    r->status = HTTP_OK;
    if (pyw_response_head_apply(r, &head) == PYW_OK) {
        check_response(r);
        pyw_response_head_override(r);
        pyw_must(apr_is_empty_table(r->headers_out) && r->status_line == NULL);
    }
    else {
        pyw_must(apr_is_empty_table(r->headers_out) && r->status == HTTP_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pyw_message_head message;
    pyw_pairs pairs = {0};
    apr_pool_t *pool;

    if (size < PYW_FRAME_HEADER_SIZE) {
        return 0;
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (pyw_message_head_decode(&message, &pairs, (const char *)data + PYW_FRAME_HEADER_SIZE,
                                size - PYW_FRAME_HEADER_SIZE) == PYW_OK) {
        apply(pool, &message, &pairs);
    }
    pyw_pairs_free(&pairs);
    apr_pool_destroy(pool);
    return 0;
}
