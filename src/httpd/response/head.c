/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/head.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <stdlib.h>

/* What belongs to the connection is httpd's alone (RFC 9110 section 7.6.1): a Transfer-Encoding of an application
 * splits responses. */
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

/* Which of two lengths holds is what response splitting is made of. */
static int is_second_length(const apr_table_t *headers, const char *name)
{
    return ap_cstr_casecmp(name, "Content-Length") == 0 && apr_table_get(headers, name);
}

/* The headers as NUL-terminated strings in r->pool; NULL if one may not be sent. */
static apr_table_t *checked_headers(request_rec *r, const pyw_head *head)
{
    apr_table_t *headers = apr_table_make(r->pool, (int)head->count + 4);

    for (uint32_t i = 0; i < head->count; i++) {
        const pyw_pair *pair = &head->headers[i];
        char *name = apr_pstrmemdup(r->pool, pair->name, pair->name_length);
        char *value = apr_pstrmemdup(r->pool, pair->value, pair->value_length);

        if (!is_token(name, pair->name_length) || !is_field_content(value, pair->value_length) || is_hop_by_hop(name) ||
            is_second_length(headers, name)) {
            return NULL;
        }
        apr_table_addn(headers, name, value);
    }
    return headers;
}

/* httpd answers for a number that it does not know with the line of 500. */
static int is_line_of(const char *line, const pyw_head *head)
{
    return strtol(line, NULL, 10) == head->status && strlen(line) == 4 + (size_t)head->reason_length &&
           memcmp(line + 4, head->reason, head->reason_length) == 0;
}

/* "200 OK". httpd knows most of them; it takes a line of other words as it is. */
static const char *status_line(request_rec *r, const pyw_head *head)
{
    const char *known = ap_get_status_line(head->status);

    return is_line_of(known, head)
               ? known
               : apr_psprintf(r->pool, "%d %.*s", head->status, (int)head->reason_length, head->reason);
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

/* A type that mod_mime derived from the script's own name, and the like, says nothing about what the script sends. */
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
