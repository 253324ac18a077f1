/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/environ.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <unistd.h>

#include "httpd/child_context.h"
#include "httpd/mount.h"
#include "httpd/request/body.h"
#include "httpd/request/trusted_proxy.h"
#include "httpd/scoreboard.h"

static void add_pair(apr_array_header_t *pairs, const char *name, const char *value)
{
    pyw_pair *pair;

    if (!value) {
        return;
    }
    pair = apr_array_push(pairs);
    pair->name = name;
    pair->name_length = (uint32_t)strlen(name);
    pair->value = value;
    pair->value_length = (uint32_t)strlen(value);
}

/* Variables that only httpd sets. SetEnv of such a name is ignored even if httpd has no value for it. */
static int is_reserved(const char *name)
{
    static const char *const names[] = {
        "CONTENT_LENGTH",      "CONTENT_TYPE",   "HTTPS",        "HTTP_PROXY",      "HTTP_TRANSFER_ENCODING",
        "HTTP_CONTENT_LENGTH", "PATH_INFO",      "QUERY_STRING", "REMOTE_ADDR",     "REMOTE_PORT",
        "REQUEST_METHOD",      "REQUEST_SCHEME", "REQUEST_URI",  "SCRIPT_FILENAME", "SCRIPT_NAME",
        "SERVER_ADDR",         "SERVER_NAME",    "SERVER_PORT",  "SERVER_PROTOCOL", NULL,
    };

    if (strncmp(name, "wsgi.", 5) == 0 || strncmp(name, "pywsgi.", 7) == 0 || strncmp(name, "mod_wsgi.", 9) == 0 ||
        strncmp(name, "apache.", 7) == 0) {
        return 1;
    }
    for (int i = 0; names[i]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static void add_subprocess_env(apr_array_header_t *pairs, request_rec *r)
{
    const apr_array_header_t *table = apr_table_elts(r->subprocess_env);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)table->elts;

    for (int i = 0; i < table->nelts; i++) {
        if (entries[i].key && *entries[i].key && !is_reserved(entries[i].key)) {
            add_pair(pairs, entries[i].key, entries[i].val);
        }
    }
}

/*
 * "User-Agent" -> "HTTP_USER_AGENT". NULL: the name has other characters, such as "User_Agent", which could spoof the
 * same variable.
 */
static const char *variable_name(apr_pool_t *pool, const char *header)
{
    char *name = apr_pstrcat(pool, "HTTP_", header, NULL);

    for (char *at = name + strlen("HTTP_"); *at; at++) {
        if (apr_isalnum(*at)) {
            *at = (char)apr_toupper(*at);
        }
        else if (*at == '-') {
            *at = '_';
        }
        else {
            return NULL;
        }
    }
    return name;
}

/* Whether the application gets the Authorization header: WSGIPassAuthorization, or httpd's CGIPassAuth. */
static int passes_authorization(request_rec *r, const pyw_target *target)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    return target->pass_authorization || core->cgi_pass_auth == AP_CGI_PASS_AUTH_ON;
}

static int is_withheld(const char *header, int pass_authorization, int has_entity)
{
    switch (header[0]) {
    case 'A':
    case 'a':
        return !pass_authorization && ap_cstr_casecmp(header, "Authorization") == 0;
    case 'C':
    case 'c':
        return ap_cstr_casecmp(header, "Content-Type") == 0 || ap_cstr_casecmp(header, "Content-Length") == 0 ||
               (!has_entity && ap_cstr_casecmpn(header, "Content-", 8) == 0);
    case 'P':
    case 'p':
        return ap_cstr_casecmp(header, "Proxy") == 0 ||
               (!pass_authorization && ap_cstr_casecmp(header, "Proxy-Authorization") == 0);
    case 'T':
    case 't':
        return ap_cstr_casecmp(header, "Transfer-Encoding") == 0;
    default:
        return 0;
    }
}

static void add_headers(apr_array_header_t *pairs, request_rec *r, int pass_authorization, int has_entity)
{
    const apr_array_header_t *table = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)table->elts;

    for (int i = 0; i < table->nelts; i++) {
        const char *name = NULL;

        if (entries[i].key && !is_withheld(entries[i].key, pass_authorization, has_entity)) {
            name = variable_name(r->pool, entries[i].key);
        }
        if (name) {
            add_pair(pairs, name, entries[i].val);
        }
    }
}

/* The request-target as the client sent it, without scheme and host. */
static const char *request_uri(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    const char *rule =
        core->cgi_var_rules ? apr_hash_get(core->cgi_var_rules, "REQUEST_URI", APR_HASH_KEY_STRING) : NULL;
    const request_rec *first = r;

    if (rule && strcmp(rule, "current-uri") == 0) {
        return r->uri;
    }
    while (first->prev || first->main) {
        first = first->prev ? first->prev : first->main;
    }
    if (!first->unparsed_uri || first->unparsed_uri[0] == '/' || first->unparsed_uri[0] == '*') {
        return first->unparsed_uri;
    }
    return apr_uri_unparse(r->pool, &first->parsed_uri, APR_URI_UNP_OMITSITEPART);
}

/*
 * With WSGIMapHEADToGET Auto, the application sees HEAD as GET if there are output filters, because a filter may
 * compute headers from the body.
 */
static const char *request_method(request_rec *r, pyw_switch map_head_to_get)
{
    int filtered = 0;

    if (r->method_number != M_GET || !r->header_only) {
        return r->method;
    }
    for (const ap_filter_t *f = r->output_filters; f && f->frec->ftype < AP_FTYPE_PROTOCOL; f = f->next) {
        filtered = 1;
    }
    if (map_head_to_get == PYW_ON || (filtered && map_head_to_get != PYW_OFF)) {
        return "GET";
    }
    return r->method;
}

static const char *port_text(apr_pool_t *pool, unsigned port)
{
    return port == 80 ? "80" : port == 443 ? "443" : apr_itoa(pool, (int)port);
}

static const char *path_for(const pyw_target *target, const char *path)
{
    return target->group && path ? pyw_config_path_in_group(target->group, path) : path;
}

static void add_connection(apr_array_header_t *pairs, request_rec *r, const pyw_target *target)
{
    const char *signature = ap_psignature("", r);

    add_pair(pairs, "SERVER_SOFTWARE", ap_get_server_banner());
    add_pair(pairs, "SERVER_NAME", ap_get_server_name_for_url(r));
    add_pair(pairs, "SERVER_ADDR", r->connection->local_ip);
    add_pair(pairs, "SERVER_PORT", port_text(r->pool, ap_get_server_port(r)));
    add_pair(pairs, "SERVER_ADMIN", r->server->server_admin);
    add_pair(pairs, "REMOTE_ADDR", r->useragent_ip);
    add_pair(pairs, "REMOTE_PORT", apr_itoa(r->pool, r->useragent_addr->port));
    add_pair(pairs, "REMOTE_USER", r->user);
    add_pair(pairs, "AUTH_TYPE", r->ap_auth_type);
    add_pair(pairs, "DOCUMENT_ROOT", path_for(target, ap_document_root(r)));
    add_pair(pairs, "CONTEXT_PREFIX", ap_context_prefix(r));
    add_pair(pairs, "CONTEXT_DOCUMENT_ROOT", ap_context_document_root(r));
    /* Unset by default: these need ServerSignature, HostnameLookups or IdentityCheck. */
    add_pair(pairs, "SERVER_SIGNATURE", *signature ? signature : NULL);
    add_pair(pairs, "REMOTE_HOST", ap_get_useragent_host(r, REMOTE_HOST, NULL));
    add_pair(pairs, "REMOTE_IDENT", ap_get_remote_logname(r));
}

/*
 * wsgi.url_scheme, from the variable HTTPS: if a proxy terminates TLS, SetEnvIf X-Forwarded-Proto https HTTPS=1 is the
 * usual configuration.
 */
static const char *url_scheme(request_rec *r)
{
    const char *https = apr_table_get(r->subprocess_env, "HTTPS");
    int is_on = https && (strcmp(https, "1") == 0 || ap_cstr_casecmp(https, "on") == 0);

    return is_on ? "https" : ap_http_scheme(r);
}

static void add_request_pairs(apr_array_header_t *pairs, request_rec *r, const pyw_target *target)
{
    if (r->prev) {
        add_pair(pairs, "REDIRECT_URL", r->prev->uri);
        add_pair(pairs, "REDIRECT_QUERY_STRING", r->prev->args);
    }
    if (target->spec.kind == PYW_TARGET_SCRIPT) {
        add_pair(pairs, "SCRIPT_FILENAME", path_for(target, r->filename));
    }
    add_pair(pairs, "REQUEST_METHOD", request_method(r, target->config->map_head_to_get));
    add_pair(pairs, "REQUEST_SCHEME", ap_http_scheme(r));
    add_pair(pairs, "REQUEST_URI", request_uri(r));
    add_pair(pairs, "QUERY_STRING", r->args ? r->args : "");
    add_pair(pairs, "SERVER_PROTOCOL", r->protocol);
    add_pair(pairs, "SCRIPT_NAME", target->script_name);
    add_pair(pairs, "PATH_INFO", target->path_info);
    add_pair(pairs, "wsgi.url_scheme", url_scheme(r));
}

static int add_argument(void *pairs, const char *name, const char *value)
{
    add_pair(pairs, name, value);
    return 1;
}

/* Keys of mod_wsgi that only httpd knows. The engine adds others (wsgi/request/keys.h). */
static void add_mod_wsgi(apr_array_header_t *pairs, request_rec *r, const pyw_target *target)
{
    const conn_rec *connection = r->connection;
    const char *host = connection->local_addr->hostname;

    add_pair(pairs, "mod_wsgi.server_pid", pyw_httpd_child.pid_text);
    add_pair(pairs, "mod_wsgi.listener_host", host ? host : "");
    add_pair(pairs, "mod_wsgi.listener_port", port_text(r->pool, connection->local_addr->port));
    add_pair(pairs, "mod_wsgi.connection_id", connection->log_id);
    if (r->handler &&
        strcmp(r->handler, PYW_HANDLER_NAME) != 0) { /* NULL: a call of an access script, before httpd has a handler */
        add_pair(pairs, "mod_wsgi.request_handler", r->handler);
        if (target->spec.kind == PYW_TARGET_SCRIPT && (!r->filename || strcmp(target->spec.target, r->filename) != 0)) {
            add_pair(pairs, "mod_wsgi.handler_script", target->spec.target);
        }
    }
    if (target->config->enable_sendfile == PYW_ON) {
        add_pair(pairs, "mod_wsgi.enable_sendfile", "1");
    }
    if (target->config->ignore_activity == PYW_ON) {
        add_pair(pairs, "mod_wsgi.ignore_activity", "1");
    }
    if (target->group) {
        add_pair(pairs, "mod_wsgi.queue_start", apr_ltoa(r->pool, (long)apr_time_now()));
    }
}

const apr_array_header_t *pyw_environ_build(request_rec *r, const pyw_target *target, apr_off_t collected)
{
    apr_array_header_t *pairs = apr_array_make(r->pool, 48, sizeof(pyw_pair));
    int has_entity = !pyw_body_is_of_failed_request(r);

    add_pair(pairs, PYW_SCOREBOARD_KEY, pyw_scoreboard_due(r, target)); /* the engine expects it as the first pair */
    add_subprocess_env(pairs, r);
    add_headers(pairs, r, passes_authorization(r, target), has_entity);
    if (has_entity) {
        add_pair(pairs, "CONTENT_TYPE", apr_table_get(r->headers_in, "Content-Type"));
        add_pair(pairs, "CONTENT_LENGTH", pyw_body_content_length(r, collected));
    }
    add_connection(pairs, r, target);
    add_request_pairs(pairs, r, target);
    add_mod_wsgi(pairs, r, target);
    if (target->config->trusted_proxy_headers) {
        pyw_trusted_proxy_apply(r, target->config, pairs);
    }
    if (target->arguments) {
        apr_table_do(add_argument, pairs, target->arguments, NULL);
    }
    return pairs;
}
