/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/scripts.h"

#include <apr_strings.h>
#include <string.h>

#include "config/directives/directives.h"
#include "base/suggest.h"

static const char *const option_names[] = {"process-group", "application-group", NULL};

static const char *unknown_option(cmd_parms *cmd, const char *name)
{
    const char *meant = pyw_suggest(name, option_names);

    return apr_psprintf(cmd->pool,
                        meant ? "%s: unknown option '%s', did you mean '%s'?"
                              : "%s: unknown option '%s'; known are process-group and application-group",
                        cmd->cmd->name, name, meant);
}

static const char *set_script_option(cmd_parms *cmd, void *baton, const char *name, const char *value)
{
    pyw_script *script = baton;

    if (!*value) {
        return apr_psprintf(cmd->pool, "%s: option '%s' has an empty value", cmd->cmd->name, name);
    }
    if (strcmp(name, "process-group") == 0) {
        script->process_group = value;
        pyw_directive_use_group(cmd, value);
    }
    else if (strcmp(name, "application-group") == 0) {
        script->application_group = value;
        pyw_directive_check_application_group(cmd, value);
    }
    else {
        return unknown_option(cmd, name);
    }
    return NULL;
}

static const char *set_handler_option(cmd_parms *cmd, void *baton, const char *name, const char *value)
{
    pyw_script *script = baton;

    if (strcmp(name, "pass-authorization") != 0) {
        return set_script_option(cmd, baton, name, value);
    }
    return pyw_directive_switch(value, &script->pass_authorization)
               ? NULL
               : apr_psprintf(cmd->pool, "%s: option '%s' cannot be '%s': it must be On or Off", cmd->cmd->name, name,
                              value);
}

/* The script may be created later, because the first request that needs it looks it up. */
static void warn_if_missing(cmd_parms *cmd, const pyw_script *script)
{
    apr_finfo_t finfo;

    if (!script->is_htaccess && apr_stat(&finfo, script->path, APR_FINFO_TYPE, cmd->temp_pool) != APR_SUCCESS) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                             "%s: there is no script %s; until there is, requests that need "
                                             "it get 500",
                                             cmd->cmd->name, script->path));
    }
}

static int runs_embedded(const pyw_script *script)
{
    return !script->process_group || strcmp(script->process_group, "%{GLOBAL}") == 0;
}

/* The path and the options. */
static const char *read_script(cmd_parms *cmd, const char *args, pyw_directive_set_option *set, pyw_script *script)
{
    const char *path = ap_getword_conf(cmd->pool, &args);
    const char *error;

    script->pass_authorization = PYW_UNSET;
    script->path = *path ? ap_server_root_relative(cmd->pool, path) : NULL;
    script->is_htaccess = !pyw_directive_is_main(cmd);
    if (!script->path) {
        return apr_psprintf(cmd->pool, "%s needs the path of a script", cmd->cmd->name);
    }
    error = pyw_directive_options(cmd, args, set, script);
    if (!error) {
        warn_if_missing(cmd, script);
    }
    return error;
}

const char *pyw_directive_script(cmd_parms *cmd, void *dir, const char *args)
{
    const pyw_script **member = (const pyw_script **)(void *)((char *)dir + (apr_size_t)cmd->info);
    pyw_script *script = apr_pcalloc(cmd->pool, sizeof(*script));
    const char *error = read_script(cmd, args, set_script_option, script);

    if (error) {
        return error;
    }
    if (!script->is_htaccess && runs_embedded(script)) {
        pyw_config_main()->has_embedded_scripts = 1;
    }
    *member = script;
    return NULL;
}

const char *pyw_directive_handler_script(cmd_parms *cmd, void *dir, const char *args)
{
    pyw_dir_config *config = dir;
    pyw_script *script = apr_pcalloc(cmd->pool, sizeof(*script));
    const char *name = ap_getword_conf(cmd->pool, &args);
    const char *error;

    if (!*name || *name == '/') {
        return "WSGIHandlerScript needs the name of a handler ahead of the path: WSGIHandlerScript my-handler "
               "/srv/site/handler.py";
    }
    error = read_script(cmd, args, set_handler_option, script);
    if (error) {
        return error;
    }
    if (!config->handler_scripts) {
        config->handler_scripts = apr_hash_make(cmd->pool);
    }
    apr_hash_set(config->handler_scripts, name, APR_HASH_KEY_STRING, script);
    return NULL;
}

const char *pyw_directive_restrict_process(cmd_parms *cmd, void *dir, const char *args)
{
    pyw_dir_config *config = dir;
    apr_array_header_t *names = apr_array_make(cmd->pool, 4, sizeof(const char *));
    const char *name;

    while (*(name = ap_getword_conf(cmd->pool, &args))) {
        APR_ARRAY_PUSH(names, const char *) = strcmp(name, "%{GLOBAL}") == 0 ? "" : name;
    }
    config->restrict_process = names;
    if (names->nelts == 0) { /* as in mod_wsgi */
        pyw_directive_warn(cmd, "WSGIRestrictProcess names no process group, so requests get status 500");
    }
    return NULL;
}
