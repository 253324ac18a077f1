/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/head.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <stdlib.h>

/*
 * Only httpd sets the headers of the connection (RFC 9110 section 7.6.1): a Transfer-Encoding from an application would
 * allow response splitting.
 */
static int is_hop_by_hop(const char *name)
{
    static const char *const names[] = {"Connection",        "Keep-Alive", "TE", "Trailer",
                                        "Transfer-Encoding", "Upgrade",    NULL};

    if (!strchr("CcKkTtUuPp", name[0]) || ap_cstr_casecmpn(name, "Content-", 8) == 0) {
        return 0;
    }
    for (int i = 0; names[i]; i++) {
        if (ap_cstr_casecmp(name, names[i]) == 0) {
            return 1;
        }
    }
    return ap_cstr_casecmpn(name, "Proxy-", 6) == 0;
}

static int is_token(const char *text, uint32_t length)
{
    return length > 0 && strlen(text) == length && *ap_scan_http_token(text) == '\0';
}

static int is_field_content(const char *text, uint32_t length)
{
    return strlen(text) == length && *ap_scan_http_field_content(text) == '\0';
}

/*
 * The headers as NUL-terminated strings in r->pool; NULL if one is invalid. A second Content-Length would allow
 * response splitting.
 */
static apr_table_t *checked_headers(request_rec *r, const pyw_head *head)
{
    apr_table_t *headers = apr_table_make(r->pool, (int)head->count + 4);

    for (uint32_t i = 0; i < head->count; i++) {
        const pyw_pair *pair = &head->headers[i];
        char *name = apr_pstrmemdup(r->pool, pair->name, pair->name_length);
        char *value = apr_pstrmemdup(r->pool, pair->value, pair->value_length);
        int is_second_length = ap_cstr_casecmp(name, "Content-Length") == 0 && apr_table_get(headers, name);

        if (!is_token(name, pair->name_length) || !is_field_content(value, pair->value_length) || is_hop_by_hop(name) ||
            is_second_length) {
            return NULL;
        }
        apr_table_addn(headers, name, value);
    }
    return headers;
}

/* "200 OK". ap_get_status_line returns the line of 500 for an unknown status. */
static const char *status_line(request_rec *r, const pyw_head *head)
{
    const char *known = ap_get_status_line(head->status);

    if (strtol(known, NULL, 10) == head->status && strlen(known) == 4 + (size_t)head->reason_length &&
        memcmp(known + 4, head->reason, head->reason_length) == 0) {
        return known;
    }
    return apr_psprintf(r->pool, "%d %.*s", head->status, (int)head->reason_length, head->reason);
}

static int set_length(request_rec *r, apr_table_t *headers)
{
    const char *text = apr_table_get(headers, "Content-Length");
    apr_off_t length;

    if (!text) {
        return 1;
    }
    if (!ap_parse_strict_length(&length, text)) {
        return 0;
    }
    apr_table_unset(headers, "Content-Length");
    ap_set_content_length(r, length);
    return 1;
}

/* Replaces the values that mod_mime derived from the script's own name. */
static void set_type(request_rec *r, apr_table_t *headers)
{
    const char *type = apr_table_get(headers, "Content-Type");

    r->content_encoding = NULL;
    r->content_languages = NULL;
    ap_set_content_type(r, type);
    if (type) {
        apr_table_unset(headers, "Content-Type");
    }
}

pyw_result pyw_response_head_apply(request_rec *r, const pyw_head *head)
{
    apr_table_t *headers;

    if (head->reason_length > 1024 ||
        !is_field_content(apr_pstrmemdup(r->pool, head->reason, head->reason_length), head->reason_length)) {
        return PYW_MALFORMED;
    }
    headers = checked_headers(r, head);
    if (!headers || !set_length(r, headers)) {
        return PYW_MALFORMED;
    }
    if (!ap_is_HTTP_INFO(head->status)) {
        set_type(r, headers);
    }
    r->status = head->status;
    r->status_line = status_line(r, head);
    r->headers_out = apr_table_overlay(r->pool, headers, r->headers_out);
    return PYW_OK;
}

static int keep_header(void *r, const char *name, const char *value)
{
    apr_table_addn(((request_rec *)r)->err_headers_out, name, value);
    return 1;
}

void pyw_response_head_override(request_rec *r)
{
    apr_table_do(keep_header, r, r->headers_out, "WWW-Authenticate", "Set-Cookie", "Retry-After", "Allow", NULL);
    pyw_response_head_undo(r);
}

void pyw_response_head_undo(request_rec *r)
{
    apr_table_clear(r->headers_out);
    r->status = HTTP_OK;
    r->status_line = NULL;
    r->clength = 0;
    ap_set_content_type(r, NULL);
}
