/* SPDX-License-Identifier: Apache-2.0 */
#include <apr_strings.h>
#include <string.h>

#include "config/check/preload.h"

/* Whether the text does not depend on a request. */
static int is_literal(const char *text)
{
    return strncmp(text, "%{", 2) != 0;
}

/* The name of the interpreter; NULL if it depends on the request. */
static const char *application_group(pyw_check *check, server_rec *server, const pyw_alias *alias, const char *text)
{
    if (!text || strcmp(text, "%{RESOURCE}") == 0) {
        return pyw_config_resource_name(check->pool, server, pyw_config_server_port(server), alias->url);
    }
    if (strcmp(text, "%{GLOBAL}") == 0) {
        return "";
    }
    if (strcmp(text, "%{SERVER}") == 0) {
        return pyw_config_host_name(check->pool, server->server_hostname ? server->server_hostname : "",
                                    pyw_config_server_port(server));
    }
    return is_literal(text) ? text : NULL;
}

/* Whether the script is a single file. */
static int is_file(apr_pool_t *pool, const char *path)
{
    apr_finfo_t finfo;

    return apr_stat(&finfo, path, APR_FINFO_TYPE, pool) == APR_SUCCESS && finfo.filetype == APR_REG;
}

static void add_preloaded(pyw_check *check, const pyw_group *group, pyw_application_option *application)
{
    const apr_array_header_t *known = group->options->worker.applications;

    for (int i = 0; i < known->nelts; i++) {
        const pyw_application_option *other = APR_ARRAY_IDX(known, i, const pyw_application_option *);

        if (strcmp(other->target, application->target) == 0 && strcmp(other->callable, application->callable) == 0 &&
            strcmp(other->group, application->group) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(group->options->worker.applications, const pyw_application_option *) =
        apr_pmemdup(check->pool, application, sizeof(*application));
}

/*
 * Adds an application whose group and interpreter are known before any request. Sections such as <Directory> may set
 * others for a request, so if there are such sections, only the settings of the mount itself count.
 */
static void preload_alias(pyw_check *check, server_rec *server, const pyw_alias *alias)
{
    const pyw_dir_config *config = ap_get_module_config(server->lookup_defaults, &pywsgi_module);
    int certain = !pyw_config_server(server)->has_group_sections;
    const char *name = alias->process_group ? alias->process_group : certain ? config->process_group : NULL;
    const char *group_text = alias->application_group ? alias->application_group : config->application_group;
    const char *callable = alias->callable_object ? alias->callable_object : config->callable_object;
    pyw_application_option application = {.is_module = alias->is_module, .target = alias->target};
    const pyw_group *group, *elsewhere;

    if (!name || !is_literal(name) || (!certain && !alias->application_group) ||
        (pyw_config_server(server)->has_callable_sections && !alias->callable_object)) {
        return;
    }
    group = pyw_config_find_group(server, name, &elsewhere);
    if (!group || group->options->worker.threads == 0) {
        return;
    }
    application.group = application_group(check, server, alias, group_text);
    application.group_is_default = group_text == NULL;
    application.callable = callable ? callable : "application";
    application.reloading = config->script_reloading != PYW_OFF;
    if (!alias->is_module) {
        application.target = pyw_config_path_in_group(group, alias->target);
    }
    if (application.group && is_literal(application.callable) && !alias->regex &&
        (alias->is_module || is_file(check->pool, alias->target))) {
        add_preloaded(check, group, &application);
    }
}

void pyw_check_preload(pyw_check *check)
{
    for (server_rec *server = check->server; server; server = server->next) {
        const apr_array_header_t *aliases = pyw_config_server(server)->aliases;

        for (int i = 0; i < aliases->nelts; i++) {
            preload_alias(check, server, &APR_ARRAY_IDX(aliases, i, const pyw_alias));
        }
    }
}
