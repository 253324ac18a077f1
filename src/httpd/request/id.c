/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/id.h"

#include <apr_base64.h>
#include <apr_lib.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <string.h>

#include "base/traceparent.h"
#include "config/config.h"
#include "httpd/request/trusted_proxy.h"

enum {
    CONNECTION_SHIFT = 51, /* above the bits of a time in microseconds */
    ID_LENGTH = 11,        /* eight bytes in base64 */
    HEADER_MAX = 64        /* of an id in a header */
};

/* The id appears in log records and pages, so only characters without a special meaning there are allowed. */
static int is_valid_id(const char *id)
{
    size_t length = 0;

    while (apr_isalnum(id[length]) || (id[length] && strchr("-._~+/=:@", id[length]))) {
        length++;
    }
    return length > 0 && length <= HEADER_MAX && !id[length];
}

static const char *id_of_header(const request_rec *r)
{
    const char *header = pyw_config_server(r->server)->request_id_header;
    const char *id = header ? apr_table_get(r->headers_in, header) : NULL;
    const pyw_dir_config *config = ap_get_module_config(r->server->lookup_defaults, &pywsgi_module);

    return id && is_valid_id(id) && pyw_trusted_proxy_has_sent(r, config->trusted_proxies) ? id : NULL;
}

static const char *id_of_previous(const request_rec *r)
{
    const request_rec *first = r;

    while (first->prev || first->main) {
        first = first->prev ? first->prev : first->main;
    }
    return first->log_id;
}

/* The first generate_log_id hook: these ids override the ids of other modules. */
static int take_id(const conn_rec *c, const request_rec *r, const char **id)
{
    const char *known = r ? id_of_previous(r) : NULL;

    (void)c;
    if (!known && r) {
        known = id_of_header(r);
    }
    if (!known) {
        return DECLINED;
    }
    *id = known;
    return OK;
}

/*
 * The last generate_log_id hook before httpd's own, which makes a system call for each id. This id encodes the time of
 * the request and the number of its connection.
 */
static int make_id(const conn_rec *c, const request_rec *r, const char **id)
{
    apr_uint64_t number;
    char *text;

    if (!r) {
        return DECLINED;
    }
    *id = apr_table_get(r->subprocess_env, "UNIQUE_ID");
    if (!*id) {
        number = (apr_uint64_t)r->request_time ^ (apr_uint64_t)c->id << CONNECTION_SHIFT;
        text = apr_palloc(r->pool, (apr_size_t)apr_base64_encode_len(sizeof(number)));
        apr_base64_encode_binary(text, (const unsigned char *)&number, sizeof(number));
        text[ID_LENGTH] = '\0'; /* without the padding */
        *id = text;
    }
    return OK;
}

const char *pyw_request_id(request_rec *r)
{
    request_rec *outer = r->prev ? r->prev : r->main;

    if (!r->log_id && outer) {
        r->log_id = pyw_request_id(outer);
    }
    else if (!r->log_id) {
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    }
    return r->log_id;
}

/* Runs before mod_unique_id's hook, which uses an existing id for UNIQUE_ID. */
static int take_id_early(request_rec *r)
{
    if (!r->log_id && pyw_config_server(r->server)->request_id_header) {
        pyw_request_id(r);
    }
    return DECLINED;
}

const char *pyw_request_traceparent(const request_rec *r)
{
    const char *value = apr_table_get(r->headers_in, "traceparent");

    return value && pyw_traceparent_is_valid(value, strlen(value)) ? value : NULL;
}

void pyw_request_id_register(void)
{
    static const char *const before_unique_id[] = {"mod_unique_id.c", NULL};

    ap_hook_generate_log_id(take_id, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_generate_log_id(make_id, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_read_request(take_id_early, NULL, before_unique_id, APR_HOOK_REALLY_FIRST);
}
