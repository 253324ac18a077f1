/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/status.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "base/log.h"
#include "config/config.h"
#include "httpd/metrics/text.h"
#include "httpd/status/page/page.h"
#include "httpd/status/page/stack_page.h"
#include "shm/worker_list.h"

APLOG_USE_MODULE(pywsgi);

/*
 * Whether a load balancer may send requests: the group has a worker that has loaded the application, or starts one on
 * demand, and httpd is not about to stop (pywsgi drain).
 */
static int is_ready(const pyw_group *group, const char **state)
{
    pyw_worker_list_worker first;
    pyw_worker_list_status status = {.use = (uint32_t)group->options->manager.worker_list_use};
    uint32_t sequence, workers = pyw_worker_list_read(group->worker_list, &status, &first, 1, &sequence);

    *state = status.drains ? "draining" : pyw_group_state_name(status.state);
    return !status.drains && (status.state == PYW_GROUP_ASLEEP || (workers > 0 && status.state != PYW_GROUP_BROKEN));
}

static int send_live(request_rec *r)
{
    ap_set_content_type(r, "text/plain; charset=utf-8");
    ap_rputs("ok\n", r);
    return OK;
}

/* Whether the query string is this name, as it is or encoded. */
static int is_named(request_rec *r, const char *name)
{
    char *decoded = apr_pstrdup(r->pool, r->args);

    return strcmp(r->args, name) == 0 || (ap_unescape_urlencoded(decoded) == OK && strcmp(decoded, name) == 0);
}

/*
 * Whether the request asks for the group: its query string may name one group. Service groups serve no requests, so
 * they do not count.
 */
static int is_asked_for(request_rec *r, const pyw_group *group)
{
    return r->args && *r->args ? is_named(r, group->options->name) : group->options->worker.threads > 0;
}

static int send_ready(request_rec *r)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    const char *missing = "";
    int asked = 0;

    for (int i = 0; i < groups->nelts; i++) {
        const pyw_group *group = APR_ARRAY_IDX(groups, i, const pyw_group *);
        const char *state;

        if (is_asked_for(r, group)) {
            asked++;
            missing = is_ready(group, &state)
                          ? missing
                          : apr_pstrcat(r->pool, missing, group->options->name, ": ", state, "\n", NULL);
        }
    }
    if (r->args && *r->args && asked == 0) {
        return HTTP_NOT_FOUND;
    }
    if (*missing) {
        r->status = HTTP_SERVICE_UNAVAILABLE;
    }
    ap_set_content_type(r, "text/plain; charset=utf-8");
    ap_rputs(*missing ? missing : "ok\n", r);
    return OK;
}

typedef struct status_handler {
    const char *name;
    int (*send)(request_rec *r);
    int (*answer_post)(request_rec *r); /* NULL: the method is not allowed */
} status_handler;

static const status_handler handlers[] = {{"pywsgi-live", send_live, NULL},
                                          {"pywsgi-ready", send_ready, NULL},
                                          {"pywsgi-metrics", pyw_metrics_text_send, NULL},
                                          {"pywsgi-status", pyw_page_send, pyw_stack_page_send}};

static int handle(request_rec *r, const status_handler *handler)
{
    if (pyw_config_request(r)->status != PYW_ON) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            PYWNO(0213) "SetHandler %s answers only where WSGIStatus is On: write both in the same <Location>",
            r->handler);
        return HTTP_FORBIDDEN;
    }
    if (r->method_number == M_GET) {
        return handler->send(r);
    }
    if (r->method_number == M_POST && handler->answer_post) {
        return handler->answer_post(r);
    }
    ap_allow_methods(r, REPLACE_ALLOW, "GET", "HEAD", handler->answer_post ? "POST" : NULL, NULL);
    return HTTP_METHOD_NOT_ALLOWED;
}

int pyw_status_handler(request_rec *r)
{
    for (apr_size_t i = 0; r->handler && i < sizeof(handlers) / sizeof(*handlers); i++) {
        if (strcmp(r->handler, handlers[i].name) == 0) {
            apr_table_setn(r->headers_out, "Cache-Control", "no-store");
            return handle(r, &handlers[i]);
        }
    }
    return DECLINED;
}
