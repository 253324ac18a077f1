/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/page/page_json.h"

#include <http_protocol.h>
#include <string.h>

#include "base/utf8.h"
#include "base/version.h"

/* Incremented when a member of the JSON is removed or changes its meaning. */
#define JSON_VERSION 1

/* Writes a JSON string. A byte that is not UTF-8 becomes the text \xHH, as in the log. */
static void put_string(request_rec *r, const char *text)
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

static void put_text(request_rec *r, const char *name, const char *value)
{
    ap_rprintf(r, "\"%s\": ", name);
    put_string(r, value);
    ap_rputs(", ", r);
}

static void put_number(request_rec *r, const char *name, apr_uint64_t value)
{
    ap_rprintf(r, "\"%s\": %" APR_UINT64_T_FMT ", ", name, value);
}

static void put_counts(request_rec *r, const char *name, const apr_uint64_t *counts, unsigned number,
                       const char *(*name_of)(unsigned index))
{
    ap_rprintf(r, "\"%s\": {", name);
    for (unsigned i = 0; i < number; i++) {
        ap_rprintf(r, "%s\"%s\": %" APR_UINT64_T_FMT, i > 0 ? ", " : "", name_of(i), counts[i]);
    }
    ap_rputs("}, ", r);
}

static void put_reload(request_rec *r, const pyw_reload_record *reload)
{
    if (reload->at == 0) {
        ap_rputs("\"last_reload\": null, ", r);
        return;
    }
    ap_rprintf(r, "\"last_reload\": {\"at\": %" APR_INT64_T_FMT ", ", reload->at);
    put_text(r, "cause", pyw_reload_cause_name(reload->cause));
    put_text(r, "result", pyw_reload_result_name(reload->result));
    ap_rputs("\"problem\": ", r);
    put_string(r, reload->problem);
    ap_rputs("}, ", r);
}

static void put_stats(request_rec *r, const pyw_report_group *group)
{
    put_number(r, "cpu_ms", group->stats.cpu_us / 1000);
    put_number(r, "busy_thread_ms", group->stats.busy_us / 1000);
    put_number(r, "thread_ms", group->stats.capacity_us / 1000);
    put_counts(r, "restarts", group->stats.restarts, PYW_RESTART_REASONS, pyw_restart_reason_name);
    put_reload(r, &group->stats.reload);
}

static void put_process(request_rec *r, const pyw_worker_stats *worker)
{
    ap_rputs("{", r);
    put_number(r, "pid", worker->pid);
    put_text(r, "state", pyw_worker_state_name(worker->state));
    put_number(r, "age_ms", pyw_report_age(worker->started));
    put_number(r, "threads", worker->threads);
    put_number(r, "busy", worker->busy);
    put_number(r, "served", worker->served);
    put_number(r, "cpu_ms", worker->cpu_us / 1000);
    put_number(r, "resident", worker->resident);
    ap_rprintf(r, "\"proportional\": %" APR_UINT64_T_FMT "}", worker->proportional);
}

static void put_group(request_rec *r, const pyw_report_group *group)
{
    ap_rputs("{", r);
    put_text(r, "name", group->name);
    put_text(r, "state", group->state);
    ap_rprintf(r, "\"draining\": %s, ", group->drains ? "true" : "false");
    put_number(r, "workers", group->workers);
    put_number(r, "threads", group->threads);
    put_number(r, "busy", group->busy);
    put_number(r, "running", group->running);
    put_number(r, "waiting", group->waiting);
    put_counts(r, "requests", group->requests, PYW_SERIES_CLASSES, pyw_report_class_name);
    put_number(r, "refused", group->refused);
    if (group->has_stats) {
        put_stats(r, group);
    }
    ap_rputs("\"processes\": [", r);
    for (int i = 0; i < group->processes->nelts; i++) {
        ap_rputs(i > 0 ? ",\n  " : "\n  ", r);
        put_process(r, &APR_ARRAY_IDX(group->processes, i, pyw_worker_stats));
    }
    ap_rputs("]}", r);
}

static void put_request(request_rec *r, const pyw_report_request *shown)
{
    ap_rputs("{", r);
    put_number(r, "age_ms", shown->age);
    put_text(r, "phase", pyw_board_phase_name(shown->phase));
    put_text(r, "vhost", shown->vhost);
    put_text(r, "group", shown->group);
    put_text(r, "method", shown->request.method);
    put_text(r, "url", shown->request.url);
    put_text(r, "client", shown->request.client);
    put_text(r, "id", shown->request.id);
    put_text(r, "key", shown->key);
    if (shown->place.worker) {
        ap_rprintf(r, "\"worker\": %u}", (unsigned)shown->place.worker);
    }
    else {
        ap_rputs("\"worker\": null}", r);
    }
}

static void put_fault(request_rec *r, const pyw_fault *fault)
{
    ap_rprintf(r, "{\"at\": %" APR_INT64_T_FMT ".%06d, ", fault->at / 1000000, (int)(fault->at % 1000000));
    put_number(r, "pid", fault->pid);
    put_text(r, "tag", fault->tag);
    put_text(r, "group", fault->group);
    put_text(r, "id", fault->id);
    ap_rputs("\"text\": ", r);
    put_string(r, fault->text);
    ap_rputs("}", r);
}

static void put_text_or_null(request_rec *r, const char *name, const char *value)
{
    ap_rprintf(r, ", \"%s\": ", name);
    if (value) {
        put_string(r, value);
    }
    else {
        ap_rputs("null", r);
    }
}

static void put_head(request_rec *r)
{
    ap_set_content_type(r, "application/json");
    ap_rprintf(r, "{\"version\": %d, \"mod_pywsgi\": \"" PYW_VERSION "\", ", JSON_VERSION);
}

void pyw_page_json_put_stack(request_rec *r, const pyw_report_request *request, const pyw_request_stack *stack)
{
    put_head(r);
    ap_rputs("\"request\": ", r);
    if (request) {
        put_request(r, request);
    }
    else {
        ap_rputs("null", r);
    }
    put_text_or_null(r, "stack", stack->text);
    put_text_or_null(r, "problem", stack->problem);
    ap_rputs("}\n", r);
}

void pyw_page_json_put(request_rec *r, const pyw_report *report)
{
    put_head(r);
    ap_rputs("\"groups\": [", r);
    for (int i = 0; i < report->groups->nelts; i++) {
        ap_rputs(i > 0 ? ",\n" : "\n", r);
        put_group(r, &APR_ARRAY_IDX(report->groups, i, pyw_report_group));
    }
    ap_rputs("\n], \"requests\": [", r);
    for (int i = 0; i < report->requests->nelts; i++) {
        ap_rputs(i > 0 ? ",\n" : "\n", r);
        put_request(r, &APR_ARRAY_IDX(report->requests, i, pyw_report_request));
    }
    ap_rputs("\n], \"errors\": [", r);
    for (int i = 0; i < report->faults->nelts; i++) {
        ap_rputs(i > 0 ? ",\n" : "\n", r);
        put_fault(r, &APR_ARRAY_IDX(report->faults, i, pyw_fault));
    }
    ap_rputs("\n]}\n", r);
}
