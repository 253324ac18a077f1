/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/scripts.h"

#include <apr_strings.h>
#include <string.h>

#include "config/directives/directives.h"
#include "config/options/suggest.h"

static const char *const option_names[] = {"process-group", "application-group", NULL};

static const char *set_option(cmd_parms *cmd, void *baton, const char *name, const char *value)
{
    pyw_script *script = baton;
    const char *what = apr_pstrcat(cmd->pool, cmd->cmd->name, ": option '", name, "'", NULL);
    const char *meant;

    if (!*value) {
        return apr_pstrcat(cmd->pool, what, " has an empty value", NULL);
    }
    if (strcmp(name, "process-group") == 0) {
        script->process_group = value;
        pyw_directive_use_group(cmd, value);
        return pyw_directive_check_group(cmd->pool, what, value);
    }
    if (strcmp(name, "application-group") == 0) {
        script->application_group = value;
        return pyw_directive_check_group(cmd->pool, what, value);
    }
    meant = pyw_suggest(name, option_names);
    return apr_psprintf(cmd->pool,
                        meant ? "%s: unknown option '%s', did you mean '%s'?"
                              : "%s: unknown option '%s'; known are process-group and application-group",
                        cmd->cmd->name, name, meant);
}

/* The script need not exist yet: it is looked up with the first request that needs it. */
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

const char *pyw_directive_script(cmd_parms *cmd, void *dir, const char *args)
{
    const pyw_script **member = (const pyw_script **)(void *)((char *)dir + (apr_size_t)cmd->info);
    pyw_script *script = apr_pcalloc(cmd->pool, sizeof(*script));
    const char *path = ap_getword_conf(cmd->pool, &args);
    const char *error;

    script->path = *path ? ap_server_root_relative(cmd->pool, path) : NULL;
    script->is_htaccess = !pyw_directive_is_main(cmd);
    if (!script->path) {
        return apr_psprintf(cmd->pool, "%s needs a file: %s /srv/site/auth.wsgi", cmd->cmd->name, cmd->cmd->name);
    }
    error = pyw_directive_options(cmd, args, set_option, script);
    if (error) {
        return error;
    }
    warn_if_missing(cmd, script);
    if (!script->is_htaccess && runs_embedded(script)) {
        pyw_config_main()->has_embedded_scripts = 1;
    }
    *member = script;
    return NULL;
}
