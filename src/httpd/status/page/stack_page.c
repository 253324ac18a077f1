/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/page/stack_page.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "httpd/status/page/html_page.h"
#include "httpd/status/page/page_json.h"
#include "httpd/status/report.h"
#include "httpd/status/request_row.h"
#include "httpd/status/request_stack.h"

APLOG_USE_MODULE(pywsgi);

enum { FIELDS_MOST = 4, FIELD_MOST = 64 };

/* Does the text after "https://" of Origin equal Host? */
static int is_origin_host(request_rec *r, const char *origin)
{
    const char *host = apr_table_get(r->headers_in, "Host"), *authority = strstr(origin, "://");

    return host && authority && ap_cstr_casecmp(authority + 3, host) == 0;
}

/*
 * Browsers send Sec-Fetch-Site to https: and to the own machine, and Origin with each POST. A program sends neither.
 */
static int is_from_own_site(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");

    if (site) {
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    }
    return !origin || is_origin_host(r, origin);
}

/* NULL: the form has no such field, or a longer one. */
static const char *find_field(request_rec *r, const apr_array_header_t *fields, const char *name)
{
    for (int i = 0; fields && i < fields->nelts; i++) {
        const ap_form_pair_t *field = &APR_ARRAY_IDX(fields, i, ap_form_pair_t);
        char *value = NULL;
        apr_size_t length = 0;

        if (strcmp(field->name, name) == 0 &&
            apr_brigade_pflatten(field->value, &value, &length, r->pool) == APR_SUCCESS) {
            return apr_pstrmemdup(r->pool, value, length);
        }
    }
    return NULL;
}

static void put_html(request_rec *r, const pyw_report_request *request, const pyw_request_stack *stack)
{
    pyw_html_table table;

    pyw_html_page_begin(r, 0);
    if (request) {
        pyw_html_table_begin(&table, r, "Python stack of a request", pyw_request_columns);
        pyw_request_row_put(&table, request);
        pyw_html_table_end(&table);
    }
    if (stack->text) {
        ap_rvputs(r, "<p>The innermost call is the first.</p>\n<pre>", ap_escape_html(r->pool, stack->text), "</pre>\n",
                  NULL);
    }
    else {
        ap_rvputs(r, "<p class=\"bad\">No stack: ", ap_escape_html(r->pool, stack->problem), ".</p>\n", NULL);
    }
    ap_rputs("<p><a href=\"?\">All requests</a></p>\n", r);
    pyw_html_page_end(r);
}

static void send_stack(request_rec *r, const char *key)
{
    pyw_request_stack stack = {NULL, "the request has ended"};
    pyw_report_request found;
    int is_found = pyw_report_find_request(&found, key, pyw_config_request(r)->status_hides_query == PYW_ON);

    if (is_found) {
        pyw_request_stack_take(&stack, &found, r->pool);
    }
    r->status = stack.text ? HTTP_OK : is_found ? HTTP_SERVICE_UNAVAILABLE : HTTP_NOT_FOUND;
    if (r->args && strcmp(r->args, "json") == 0) {
        pyw_page_json_put_stack(r, is_found ? &found : NULL, &stack);
    }
    else {
        put_html(r, is_found ? &found : NULL, &stack);
    }
}

int pyw_stack_page_send(request_rec *r)
{
    apr_array_header_t *fields = NULL;
    const char *key;
    int status;

    if (!is_from_own_site(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      PYWNO(0266) "a page of another site asked for the Python stack of a request, and got 403: only "
                                  "the status page itself may (header Origin or Sec-Fetch-Site)");
        return HTTP_FORBIDDEN;
    }
    status = ap_parse_form_data(r, NULL, &fields, FIELDS_MOST, FIELD_MOST);
    if (status != OK) {
        return status;
    }
    key = find_field(r, fields, "request");
    if (!key) {
        return HTTP_BAD_REQUEST;
    }
    send_stack(r, key);
    return OK;
}
