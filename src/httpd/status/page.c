/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/page.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/utf8.h"
#include "base/version.h"
#include "config/config.h"
#include "httpd/status/report.h"

/* Incremented when a member of the JSON is removed or changes its meaning. */
#define JSON_VERSION 1

static const char *const class_names[PYW_SERIES_CLASSES] = {"aborted", "1xx", "2xx", "3xx", "4xx", "5xx"};

/* Writes a JSON string. A byte that is not UTF-8 becomes the text \xHH, as in the log. */
static void put_json_string(request_rec *r, const char *text)
{
    size_t length = strlen(text), used = 0;

    ap_rputc('"', r);
    while (used < length) {
        size_t character = pyw_utf8_character(text + used, length - used);

        if (character == 0) {
            ap_rprintf(r, "\\\\x%02x", (unsigned char)text[used]);
        }
        else if (text[used] == '"' || text[used] == '\\') {
            ap_rprintf(r, "\\%c", text[used]);
        }
        else if (pyw_utf8_is_printable(text + used, character) && text[used] != '\t') {
            ap_rwrite(text + used, (int)character, r);
        }
        else {
            ap_rprintf(r, "\\u%04x", (unsigned)pyw_utf8_decode(text + used, character));
        }
        used += character > 0 ? character : 1;
    }
    ap_rputc('"', r);
}

static void put_json_member(request_rec *r, const char *name, const char *value)
{
    ap_rprintf(r, "\"%s\": ", name);
    put_json_string(r, value);
    ap_rputs(", ", r);
}

static void put_json_group(request_rec *r, const pyw_report_group *group)
{
    ap_rputs("{", r);
    put_json_member(r, "name", group->name);
    put_json_member(r, "state", group->state);
    ap_rprintf(r,
               "\"workers\": %" APR_UINT64_T_FMT ", \"threads\": %" APR_UINT64_T_FMT ", \"running\": %" APR_UINT64_T_FMT
               ", \"waiting\": %" APR_UINT64_T_FMT ", \"requests\": {",
               group->workers, group->threads, group->running, group->waiting);
    for (int i = 0; i < PYW_SERIES_CLASSES; i++) {
        ap_rprintf(r, "%s\"%s\": %" APR_UINT64_T_FMT, i > 0 ? ", " : "", class_names[i], group->requests[i]);
    }
    ap_rprintf(r, "}, \"refused\": %" APR_UINT64_T_FMT "}", group->refused);
}

static void put_json_request(request_rec *r, const pyw_report_request *shown)
{
    ap_rprintf(r, "{\"age_ms\": %" APR_UINT64_T_FMT ", ", shown->age);
    put_json_member(r, "phase", shown->phase);
    put_json_member(r, "group", shown->request.group);
    put_json_member(r, "method", shown->request.method);
    put_json_member(r, "url", shown->request.url);
    put_json_member(r, "client", shown->request.client);
    put_json_member(r, "id", shown->request.id);
    if (shown->worker) {
        ap_rprintf(r, "\"worker\": %u}", (unsigned)shown->worker);
    }
    else {
        ap_rputs("\"worker\": null}", r);
    }
}

static void put_json(request_rec *r, const pyw_report *report)
{
    ap_set_content_type(r, "application/json");
    ap_rprintf(r, "{\"version\": %d, \"mod_pywsgi\": \"" PYW_VERSION "\", \"groups\": [", JSON_VERSION);
    for (int i = 0; i < report->groups->nelts; i++) {
        ap_rputs(i > 0 ? ",\n" : "\n", r);
        put_json_group(r, &APR_ARRAY_IDX(report->groups, i, pyw_report_group));
    }
    ap_rputs("\n], \"requests\": [", r);
    for (int i = 0; i < report->requests->nelts; i++) {
        ap_rputs(i > 0 ? ",\n" : "\n", r);
        put_json_request(r, &APR_ARRAY_IDX(report->requests, i, pyw_report_request));
    }
    ap_rputs("\n]}\n", r);
}

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<meta http-equiv=\"refresh\" content=\"5\">\n"
    "<title>mod_pywsgi</title>\n<style>\n"
    "body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem; }\n"
    "table { border-collapse: collapse; display: block; overflow-x: auto; }\n"
    "th, td { text-align: left; padding: .25rem .75rem .25rem 0; white-space: nowrap; }\n"
    "th { border-bottom: 1px solid; }\n"
    "td.number { text-align: right; font-variant-numeric: tabular-nums; }\n"
    ".bad { color: #b00020; font-weight: bold; }\n"
    "@media (prefers-color-scheme: dark) { .bad { color: #ff8a80; } }\n"
    "</style>\n</head>\n<body>\n<h1>mod_pywsgi " PYW_VERSION "</h1>\n";

static void put_cell(request_rec *r, const char *text)
{
    ap_rvputs(r, "<td>", ap_escape_html(r->pool, text), "</td>", NULL);
}

static void put_number(request_rec *r, apr_uint64_t number)
{
    ap_rprintf(r, "<td class=\"number\">%" APR_UINT64_T_FMT "</td>", number);
}

static int is_bad(const char *state)
{
    return strcmp(state, "broken") == 0 || strcmp(state, "down") == 0 || strcmp(state, "degraded") == 0;
}

static void put_group(request_rec *r, const pyw_report_group *group)
{
    ap_rputs("<tr>", r);
    put_cell(r, group->name);
    ap_rprintf(r, "<td%s>%s</td>", is_bad(group->state) ? " class=\"bad\"" : "", group->state);
    put_number(r, group->workers);
    put_number(r, group->threads);
    put_number(r, group->running);
    put_number(r, group->waiting);
    for (int i = 2; i < PYW_SERIES_CLASSES; i++) {
        put_number(r, group->requests[i]);
    }
    put_number(r, group->requests[0]);
    put_number(r, group->refused);
    ap_rputs("</tr>\n", r);
}

static void put_request(request_rec *r, const pyw_report_request *shown)
{
    ap_rprintf(r, "<tr><td class=\"number\">%" APR_UINT64_T_FMT ".%03u s</td><td>%s</td>", shown->age / 1000,
               (unsigned)(shown->age % 1000), shown->phase);
    put_cell(r, shown->request.group);
    put_cell(r, shown->worker ? apr_psprintf(r->pool, "%u", (unsigned)shown->worker) : "-");
    put_cell(r, shown->request.method);
    put_cell(r, shown->request.url);
    put_cell(r, shown->request.client);
    put_cell(r, shown->request.id);
    ap_rputs("</tr>\n", r);
}

static void put_html(request_rec *r, const pyw_report *report)
{
    ap_set_content_type(r, "text/html; charset=utf-8");
    apr_table_setn(r->headers_out, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    ap_rputs(head, r);
    ap_rputs("<h2>Process groups</h2>\n<table>\n<tr><th>group</th><th>state</th><th>workers</th><th>threads</th>"
             "<th>running</th><th>waiting</th><th>2xx</th><th>3xx</th><th>4xx</th><th>5xx</th><th>aborted</th>"
             "<th>refused</th></tr>\n",
             r);
    for (int i = 0; i < report->groups->nelts; i++) {
        put_group(r, &APR_ARRAY_IDX(report->groups, i, pyw_report_group));
    }
    ap_rprintf(r, "</table>\n<h2>Requests in flight: %d</h2>\n<table>\n", report->requests->nelts);
    ap_rputs("<tr><th>age</th><th>phase</th><th>group</th><th>worker</th><th>method</th><th>URL</th><th>client</th>"
             "<th>id</th></tr>\n",
             r);
    for (int i = 0; i < report->requests->nelts; i++) {
        put_request(r, &APR_ARRAY_IDX(report->requests, i, pyw_report_request));
    }
    ap_rputs("</table>\n<p><a href=\"?json\">JSON</a></p>\n</body>\n</html>\n", r);
}

int pyw_page_send(request_rec *r)
{
    pyw_report report;

    pyw_report_read(&report, r->pool, pyw_config_request(r)->status_hides_query == PYW_ON);
    if (r->args && strcmp(r->args, "json") == 0) {
        put_json(r, &report);
    }
    else {
        put_html(r, &report);
    }
    return OK;
}
