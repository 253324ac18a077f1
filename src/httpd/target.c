/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/target.h"

#include <apr_env.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <util_script.h>

#include "base/log.h"
#include "httpd/log/log.h"
#include "httpd/mount.h"

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

const char *pyw_target_expand(request_rec *r, const char *text, const char *script_name)
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
    spec->callable = callable ? pyw_target_expand(r, callable, target->script_name) : "application";
    spec->group_is_default = group == NULL;
    spec->group = pyw_target_expand(r, group ? group : "%{RESOURCE}", target->script_name);
    spec->reloading = config->script_reloading != PYW_OFF;
}

/*
 * WSGIRestrictEmbedded also forbids scripts of .htaccess in httpd's children, but permits other scripts with functions.
 */
static int select_embedded(request_rec *r, const pyw_target *target, const pyw_script *script)
{
    if (pyw_config_main()->restrict_embedded == PYW_ON && (!script || script->is_htaccess)) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0201) "WSGIRestrictEmbedded forbids %s to run in httpd's children: set its "
                                   "%s",
                       target->spec.target, script ? "option process-group=" : "WSGIProcessGroup");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static const char *process_group(request_rec *r, const pyw_target *target, const pyw_alias *alias)
{
    const char *text = alias && alias->process_group ? alias->process_group : target->config->process_group;

    return text ? pyw_target_expand(r, text, target->script_name) : "";
}

static int select_group(request_rec *r, pyw_target *target)
{
    const char *name = target->process_group;
    const pyw_group *elsewhere = NULL;

    target->group = pyw_config_find_group(r->server, name, &elsewhere);
    if (target->group && target->group->options->worker.threads == 0) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0111) "process group '%s' is a service group (threads=0), which serves no requests", name);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (target->group) {
        if (target->spec.kind == PYW_TARGET_SCRIPT) {
            target->spec.target = pyw_config_path_in_group(target->group, target->spec.target);
        }
        return OK;
    }
    if (elsewhere) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0202) "process group '%s' belongs to the virtual host of %s: only hosts of that "
                                   "ServerName may use it; define it outside of <VirtualHost> to share it",
                       name, elsewhere->defined_at);
    }
    else {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0203) "process group '%s' is not defined: add WSGIDaemonProcess %s", name, name);
    }
    return HTTP_INTERNAL_SERVER_ERROR;
}

void pyw_target_resolve(request_rec *r, const pyw_alias *alias, pyw_target *target)
{
    pyw_switch pass;

    memset(target, 0, sizeof(*target));
    target->config = pyw_config_request(r);
    pass = alias && alias->pass_authorization != PYW_UNSET ? alias->pass_authorization
                                                           : target->config->pass_authorization;
    target->pass_authorization = pass == PYW_ON;
    split_path(r, target);
    resolve_spec(r, target, alias);
    target->process_group = process_group(r, target, alias);
}

static int is_listed(const apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(names, i, const char *), name) == 0) {
            return 1;
        }
    }
    return 0;
}

int pyw_target_select(request_rec *r, pyw_target *target)
{
    const apr_array_header_t *allowed = target->config->restrict_process;

    if (allowed && !is_listed(allowed, target->process_group)) {
        pyw_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            PYWNO(0298) "WSGIRestrictProcess does not list the process group '%s', in which %s would run; the "
                        "client gets 500",
            *target->process_group ? target->process_group : "%{GLOBAL}", target->spec.target);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return *target->process_group ? select_group(r, target) : select_embedded(r, target, NULL);
}

void pyw_target_resolve_handler(request_rec *r, const pyw_script *script, pyw_target *target)
{
    const pyw_dir_config *config = pyw_config_request(r);
    const char *group = script->application_group ? script->application_group : config->application_group;
    pyw_switch pass = script->pass_authorization;

    memset(target, 0, sizeof(*target));
    target->config = config;
    target->pass_authorization = (pass != PYW_UNSET ? pass : config->pass_authorization) == PYW_ON;
    split_path(r, target);
    target->spec.kind = PYW_TARGET_SCRIPT;
    target->spec.target = script->path;
    target->spec.callable = "handle_request";
    target->spec.group_is_default = group == NULL;
    target->spec.group = pyw_target_expand(r, group ? group : "%{RESOURCE}", script->path);
    target->spec.reloading = config->script_reloading != PYW_OFF;
    group = script->process_group ? script->process_group : config->process_group;
    target->process_group = group ? pyw_target_expand(r, group, target->script_name) : "";
}

/*
 * Whether a script of .htaccess may choose the group: WSGIRestrictProcess lists it, or it is the WSGIProcessGroup of
 * the directory.
 */
static int may_choose(request_rec *r, const pyw_target *target, const pyw_script *script)
{
    const apr_array_header_t *allowed = target->config->restrict_process;
    const pyw_mount *mount = script->is_htaccess ? pyw_mount_get(r) : NULL;

    if (!script->is_htaccess || (allowed && is_listed(allowed, target->process_group)) ||
        strcmp(target->process_group, process_group(r, target, mount ? mount->alias : NULL)) == 0) {
        return 1;
    }
    pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                   PYWNO(0291) "%s in .htaccess may not run in process group '%s', which is neither the "
                               "WSGIProcessGroup of its directory nor listed in its WSGIRestrictProcess",
                   script->path, target->process_group);
    return 0;
}

int pyw_target_select_function(request_rec *r, const pyw_script *script, const char *function, pyw_target *target)
{
    pyw_application_spec *spec = &target->spec;

    memset(target, 0, sizeof(*target));
    target->config = pyw_config_request(r);
    split_path(r, target);
    spec->kind = PYW_TARGET_SCRIPT;
    spec->is_function = 1;
    spec->target = script->path;
    spec->callable = function;
    spec->group = script->application_group ? pyw_target_expand(r, script->application_group, target->script_name) : "";
    spec->reloading = target->config->script_reloading != PYW_OFF;
    target->process_group =
        script->process_group ? pyw_target_expand(r, script->process_group, target->script_name) : "";
    if (!*target->process_group) {
        return select_embedded(r, target, script);
    }
    return may_choose(r, target, script) ? select_group(r, target) : HTTP_INTERNAL_SERVER_ERROR;
}

static const char *difference(apr_pool_t *pool, const char *what, const char *here, const char *there)
{
    return strcmp(here, there) == 0 ? NULL : apr_psprintf(pool, "the %s '%s' instead of '%s'", what, here, there);
}

const char *pyw_target_difference(request_rec *r, const pyw_target *target, const pyw_alias *alias,
                                  const pyw_dir_config *config)
{
    pyw_target other = *target;
    const char *found;

    other.config = config;
    resolve_spec(r, &other, alias);
    found = difference(r->pool, "process group", target->process_group, process_group(r, &other, alias));
    if (!found) {
        found = difference(r->pool, "application group", target->spec.group, other.spec.group);
    }
    return found ? found : difference(r->pool, "callable", target->spec.callable, other.spec.callable);
}
