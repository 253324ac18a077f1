/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/target.h"

#include <apr_env.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <util_script.h>

#include "base/log.h"

APLOG_USE_MODULE(pywsgi);

/* %{ENV:name}: from the notes, subprocess_env (SetEnv), or httpd's own environment. NULL: not set. */
static const char *from_environment(request_rec *r, const char *name)
{
    const char *value = apr_table_get(r->notes, name);
    char *from_process = NULL;

    if (!value) {
        value = apr_table_get(r->subprocess_env, name);
    }
    if (!value && apr_env_get(&from_process, name, r->pool) == APR_SUCCESS) {
        value = from_process;
    }
    return value;
}

static const char *expand_fixed(request_rec *r, const char *text, const char *script_name)
{
    if (strcmp(text, "%{GLOBAL}") == 0) {
        return "";
    }
    if (strcmp(text, "%{RESOURCE}") == 0) {
        return pyw_config_resource_name(r->pool, r->server, pyw_config_server_port(r->server), script_name);
    }
    if (strcmp(text, "%{SERVER}") == 0) {
        return pyw_config_host_name(r->pool, r->server->server_hostname ? r->server->server_hostname : "",
                                    pyw_config_server_port(r->server));
    }
    if (strcmp(text, "%{HOST}") == 0) {
        return pyw_config_host_name(r->pool, r->hostname ? r->hostname : "", pyw_config_server_port(r->server));
    }
    return text;
}

/* Expands the text of a directive. The value of %{ENV:x} may be another %{...} form. */
static const char *expand(request_rec *r, const char *text, const char *script_name)
{
    size_t length = strlen(text);

    if (strncmp(text, "%{ENV:", 6) == 0 && text[length - 1] == '}') {
        const char *value = from_environment(r, apr_pstrmemdup(r->pool, text + 6, length - 7));

        return value ? expand_fixed(r, value, script_name) : text;
    }
    return expand_fixed(r, text, script_name);
}

/* Finds PATH_INFO at the end of the URL path. The directory walk has merged its slashes. NULL: not found. */
static const char *tail_of(const char *uri, const char *path_info)
{
    const char *tail = uri + strlen(uri), *left = path_info + strlen(path_info);

    while (left > path_info) {
        if (tail == uri || *--tail != *--left) {
            return NULL;
        }
        if (*tail == '/') {
            while (tail > uri && tail[-1] == '/') {
                tail--;
            }
            while (left > path_info && left[-1] == '/') {
                left--;
            }
        }
    }
    return tail;
}

/* With MergeSlashes Off the URL may have more slashes than the alias. "//host" would be the URL of another server. */
static const char *without_double_slashes(apr_pool_t *pool, const char *path)
{
    char *copy;

    if (!strstr(path, "//")) {
        return path;
    }
    copy = apr_pstrdup(pool, path);
    ap_no2slash(copy);
    return copy;
}

/* SCRIPT_NAME is the URL path without PATH_INFO. */
static void split_path(request_rec *r, pyw_target *target)
{
    const char *path_info = r->path_info ? r->path_info : "";
    const char *tail = tail_of(r->uri, path_info);

    target->path_info = tail ? tail : path_info;
    target->script_name = r->uri;
    if (*path_info) {
        apr_size_t length = tail ? (apr_size_t)(tail - r->uri) : (apr_size_t)ap_find_path_info(r->uri, path_info);

        target->script_name = apr_pstrmemdup(r->pool, r->uri, length);
    }
    target->script_name = without_double_slashes(r->pool, target->script_name);
}

static void resolve_spec(request_rec *r, pyw_target *target, const pyw_alias *alias)
{
    const pyw_dir_config *config = target->config;
    pyw_application_spec *spec = &target->spec;
    const char *group = alias && alias->application_group ? alias->application_group : config->application_group;
    const char *callable = alias && alias->callable_object ? alias->callable_object : config->callable_object;

    spec->kind = alias && alias->is_module ? PYW_TARGET_MODULE : PYW_TARGET_SCRIPT;
    spec->target = alias && alias->is_module ? alias->target : r->filename;
    spec->callable = callable ? expand(r, callable, target->script_name) : "application";
    spec->group_is_default = group == NULL;
    spec->group = expand(r, group ? group : "%{RESOURCE}", target->script_name);
    spec->reloading = config->script_reloading != PYW_OFF;
}

static int resolve_embedded(request_rec *r)
{
    if (pyw_config_main()->restrict_embedded == PYW_ON) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      PYWNO(0201) "WSGIRestrictEmbedded forbids %s to run in httpd's children: set its "
                                  "WSGIProcessGroup",
                      r->filename);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static const char *process_group(request_rec *r, const pyw_target *target, const pyw_alias *alias)
{
    const char *text = alias && alias->process_group ? alias->process_group : target->config->process_group;

    return text ? expand(r, text, target->script_name) : "";
}

static int resolve_group(request_rec *r, pyw_target *target, const pyw_alias *alias)
{
    const char *name = process_group(r, target, alias);
    const pyw_group *elsewhere = NULL;

    if (!*name) {
        return resolve_embedded(r);
    }
    target->group = pyw_config_find_group(r->server, name, &elsewhere);
    if (target->group && target->group->options->worker.threads == 0) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      PYWNO(0111) "process group '%s' is a service group (threads=0), which serves no requests", name);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (target->group) {
        return OK;
    }
    if (elsewhere) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      PYWNO(0202) "process group '%s' belongs to the virtual host of %s: only hosts of that "
                                  "ServerName may use it; define it outside of <VirtualHost> to share it",
                      name, elsewhere->defined_at);
    }
    else {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      PYWNO(0203) "process group '%s' is not defined: add WSGIDaemonProcess %s", name, name);
    }
    return HTTP_INTERNAL_SERVER_ERROR;
}

int pyw_target_resolve(request_rec *r, const pyw_alias *alias, pyw_target *target)
{
    pyw_switch pass;

    memset(target, 0, sizeof(*target));
    target->config = pyw_config_request(r);
    pass = alias && alias->pass_authorization != PYW_UNSET ? alias->pass_authorization
                                                           : target->config->pass_authorization;
    target->pass_authorization = pass == PYW_ON;
    split_path(r, target);
    resolve_spec(r, target, alias);
    return resolve_group(r, target, alias);
}

static const char *difference(apr_pool_t *pool, const char *what, const char *here, const char *there)
{
    return strcmp(here, there) == 0 ? NULL : apr_psprintf(pool, "the %s '%s' instead of '%s'", what, here, there);
}

const char *pyw_target_difference(request_rec *r, const pyw_target *target, const pyw_alias *alias,
                                  const pyw_dir_config *config)
{
    const char *group = target->group ? target->group->options->name : "";
    pyw_target other = *target;
    const char *found;

    other.config = config;
    resolve_spec(r, &other, alias);
    found = difference(r->pool, "process group", group, process_group(r, &other, alias));
    if (!found) {
        found = difference(r->pool, "application group", target->spec.group, other.spec.group);
    }
    return found ? found : difference(r->pool, "callable", target->spec.callable, other.spec.callable);
}
