/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <ap_listen.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <string.h>

/* The configuration that was read last; httpd keeps only one. */
static pyw_server_config *main_config;

void *pyw_config_create_server(apr_pool_t *pool, server_rec *server)
{
    pyw_server_config *config = apr_pcalloc(pool, sizeof(*config));

    config->aliases = apr_array_make(pool, 4, sizeof(pyw_alias));
    config->restrict_embedded = PYW_UNSET;
    config->batch_scheduling = PYW_UNSET;
    config->check = PYW_UNSET;
    if (!server->is_virtual) {
        config->groups = apr_array_make(pool, 4, sizeof(pyw_group *));
        config->uses = apr_array_make(pool, 4, sizeof(pyw_group_use));
        config->imports = apr_array_make(pool, 4, sizeof(pyw_import));
        config->embedded_imports = apr_array_make(pool, 4, sizeof(const pyw_application_option *));
        config->python_settings = apr_array_make(pool, 4, sizeof(pyw_scoped_setting));
        config->warnings = apr_array_make(pool, 4, sizeof(const char *));
        config->notices = apr_array_make(pool, 4, sizeof(const char *));
        main_config = config;
    }
    return config;
}

static const char *inner_text(const char *outer, const char *inner)
{
    return inner ? inner : outer;
}

/* Settings of the main server are not merged, see pyw_config_main. */
void *pyw_config_merge_server(apr_pool_t *pool, void *base, void *overriding)
{
    pyw_server_config *config = apr_pcalloc(pool, sizeof(*config));
    const pyw_server_config *outer = base;
    const pyw_server_config *inner = overriding;

    config->aliases = apr_array_append(pool, inner->aliases, outer->aliases);
    config->has_group_sections = outer->has_group_sections || inner->has_group_sections;
    config->has_callable_sections = outer->has_callable_sections || inner->has_callable_sections;
    config->json_log = inner->json_log ? inner->json_log : outer->json_log;
    config->request_id_header = inner_text(outer->request_id_header, inner->request_id_header);
    config->restrict_embedded = PYW_UNSET;
    config->batch_scheduling = PYW_UNSET;
    config->check = PYW_UNSET;
    return config;
}

void *pyw_config_create_dir(apr_pool_t *pool, char *directory)
{
    pyw_dir_config *config = apr_pcalloc(pool, sizeof(*config));

    (void)directory;
    config->pass_authorization = PYW_UNSET;
    config->script_reloading = PYW_UNSET;
    config->chunked_request = PYW_UNSET;
    config->map_head_to_get = PYW_UNSET;
    config->error_override = PYW_UNSET;
    config->enable_sendfile = PYW_UNSET;
    config->response_buffering = PYW_UNSET;
    config->interrupts_gone = PYW_UNSET;
    config->request_timeout = -1;
    config->pass_apache_request = PYW_UNSET;
    config->ignore_activity = PYW_UNSET;
    config->priority = PYW_UNSET;
    config->status = PYW_UNSET;
    config->status_hides_query = PYW_UNSET;
    config->concurrency = -1;
    return config;
}

static const pyw_script *inner_script(const pyw_script *outer, const pyw_script *inner)
{
    return inner ? inner : outer;
}

static apr_hash_t *inner_handlers(apr_pool_t *pool, apr_hash_t *outer, apr_hash_t *inner)
{
    return inner && outer ? apr_hash_overlay(pool, inner, outer) : inner ? inner : outer;
}

static pyw_switch inner_switch(pyw_switch outer, pyw_switch inner)
{
    return inner != PYW_UNSET ? inner : outer;
}

void *pyw_config_merge_dir(apr_pool_t *pool, void *base, void *overriding)
{
    pyw_dir_config *config = apr_pcalloc(pool, sizeof(*config));
    const pyw_dir_config *outer = base;
    const pyw_dir_config *inner = overriding;

    config->process_group = inner_text(outer->process_group, inner->process_group);
    config->application_group = inner_text(outer->application_group, inner->application_group);
    config->callable_object = inner_text(outer->callable_object, inner->callable_object);
    config->pass_authorization = inner_switch(outer->pass_authorization, inner->pass_authorization);
    config->script_reloading = inner_switch(outer->script_reloading, inner->script_reloading);
    config->chunked_request = inner_switch(outer->chunked_request, inner->chunked_request);
    config->map_head_to_get = inner_switch(outer->map_head_to_get, inner->map_head_to_get);
    config->error_override = inner_switch(outer->error_override, inner->error_override);
    config->enable_sendfile = inner_switch(outer->enable_sendfile, inner->enable_sendfile);
    config->response_buffering = inner_switch(outer->response_buffering, inner->response_buffering);
    config->interrupts_gone = inner_switch(outer->interrupts_gone, inner->interrupts_gone);
    config->request_timeout = inner->request_timeout >= 0 ? inner->request_timeout : outer->request_timeout;
    config->pass_apache_request = inner_switch(outer->pass_apache_request, inner->pass_apache_request);
    config->ignore_activity = inner_switch(outer->ignore_activity, inner->ignore_activity);
    config->priority = inner_switch(outer->priority, inner->priority);
    config->status = inner_switch(outer->status, inner->status);
    config->status_hides_query = inner_switch(outer->status_hides_query, inner->status_hides_query);
    config->concurrency = inner->concurrency >= 0 ? inner->concurrency : outer->concurrency;
    config->concurrency_location = inner->concurrency >= 0 ? inner->concurrency_location : outer->concurrency_location;
    config->trusted_proxies = inner->trusted_proxies ? inner->trusted_proxies : outer->trusted_proxies;
    config->trusted_proxy_headers =
        inner->trusted_proxy_headers ? inner->trusted_proxy_headers : outer->trusted_proxy_headers;
    config->access_script = inner_script(outer->access_script, inner->access_script);
    config->auth_user_script = inner_script(outer->auth_user_script, inner->auth_user_script);
    config->auth_group_script = inner_script(outer->auth_group_script, inner->auth_group_script);
    config->dispatch_script = inner_script(outer->dispatch_script, inner->dispatch_script);
    config->handler_scripts = inner_handlers(pool, outer->handler_scripts, inner->handler_scripts);
    config->restrict_process = inner->restrict_process ? inner->restrict_process : outer->restrict_process;
    return config;
}

pyw_server_config *pyw_config_server(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &pywsgi_module);
}

pyw_server_config *pyw_config_main(void)
{
    return main_config;
}

pyw_dir_config *pyw_config_request(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &pywsgi_module);
}

apr_interval_time_t pyw_config_request_timeout(const pyw_dir_config *config, const pyw_group *group)
{
    if (config->request_timeout >= 0) {
        return config->request_timeout;
    }
    return group ? group->options->httpd.request_timeout : 0;
}

/* A group of a virtual host is available to all hosts of that name, usually ports 80 and 443 of one site. */
static int shares_with(const server_rec *definer, const server_rec *server)
{
    if (!definer->is_virtual || definer == server) {
        return 1;
    }
    return server->server_hostname && definer->server_hostname &&
           ap_cstr_casecmp(server->server_hostname, definer->server_hostname) == 0;
}

static int may_use(const server_rec *server, const pyw_group *group)
{
    for (int i = 0; i < group->servers->nelts; i++) {
        if (shares_with(APR_ARRAY_IDX(group->servers, i, const server_rec *), server)) {
            return 1;
        }
    }
    return 0;
}

const pyw_group *pyw_config_find_group(const server_rec *server, const char *name, const pyw_group **elsewhere)
{
    const apr_array_header_t *groups = main_config->groups;

    *elsewhere = NULL;
    for (int i = 0; i < groups->nelts; i++) {
        const pyw_group *group = APR_ARRAY_IDX(groups, i, const pyw_group *);

        if (strcmp(group->options->name, name) == 0) {
            if (may_use(server, group)) {
                return group;
            }
            *elsewhere = group;
        }
    }
    return NULL;
}

const char *pyw_config_path_in_group(const pyw_group *group, const char *path)
{
    const char *root = group->options->worker.chroot;
    apr_size_t length = root ? strlen(root) : 0;

    while (length > 0 && root[length - 1] == '/') {
        length--;
    }
    return length > 0 && strncmp(path, root, length) == 0 && path[length] == '/' ? path + length : path;
}

const char *pyw_config_module_directory(apr_pool_t *pool)
{
    Dl_info info;
    const char *slash;

    if (dladdr(&pywsgi_module, &info) == 0 || !info.dli_fname) {
        return ".";
    }
    slash = strrchr(info.dli_fname, '/');
    return slash ? apr_pstrmemdup(pool, info.dli_fname, (apr_size_t)(slash - info.dli_fname)) : ".";
}

apr_port_t pyw_config_server_port(const server_rec *server)
{
    if (server->port != 0) {
        return server->port;
    }
    if (server->addrs && server->addrs->host_port != 0) {
        return server->addrs->host_port;
    }
    return ap_listeners && ap_listeners->bind_addr ? ap_listeners->bind_addr->port : DEFAULT_HTTP_PORT;
}

const char *pyw_config_host_name(apr_pool_t *pool, const char *host, apr_port_t port)
{
    if (port == 0 || port == DEFAULT_HTTP_PORT || port == DEFAULT_HTTPS_PORT) {
        return host;
    }
    return apr_psprintf(pool, "%s:%u", host, port);
}

const char *pyw_config_resource_name(apr_pool_t *pool, const server_rec *server, apr_port_t port,
                                     const char *script_name)
{
    const char *host = server->server_hostname ? server->server_hostname : "";

    return apr_pstrcat(pool, pyw_config_host_name(pool, host, port), "|", script_name, NULL);
}
