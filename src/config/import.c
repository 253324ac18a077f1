/* SPDX-License-Identifier: Apache-2.0 */
/* WSGIImportScript: scripts that a process executes when it starts. */
#include "config/import.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "config/directives/directives.h"

APLOG_USE_MODULE(pywsgi);

static const char *const option_names[] = {"process-group", "application-group", NULL};

/* Variables such as %{ENV:x} need a request. */
static const char *check_process_group(cmd_parms *cmd, const char *value)
{
    return *value != '%' || strcmp(value, "%{GLOBAL}") == 0
               ? NULL
               : apr_psprintf(cmd->pool,
                              "WSGIImportScript: option 'process-group' cannot be '%s': it must be a name, or "
                              "%%{GLOBAL} for httpd's children",
                              value);
}

static void check_application_group(cmd_parms *cmd, const char *value)
{
    if (strncmp(value, "%{", 2) == 0 && !strstr("%{GLOBAL} %{SERVER}", value)) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                             "WSGIImportScript: application-group=%s is the name of an interpreter "
                                             "here, as in mod_wsgi, because there is no request: write a name, "
                                             "%%{GLOBAL} or %%{SERVER}",
                                             value));
    }
}

static const char *set_import_option(cmd_parms *cmd, void *baton, const char *name, const char *value)
{
    pyw_import *import = baton;
    const char *meant;

    if (*value == '\0') {
        return apr_psprintf(cmd->pool, "WSGIImportScript: option '%s' has an empty value", name);
    }
    if (strcmp(name, "process-group") == 0) {
        import->process_group = value;
        return check_process_group(cmd, value);
    }
    if (strcmp(name, "application-group") == 0) {
        import->application_group = value;
        check_application_group(cmd, value);
        return NULL;
    }
    meant = pyw_suggest(name, option_names);
    return meant ? apr_psprintf(cmd->pool, "WSGIImportScript: unknown option '%s', did you mean '%s'?", name, meant)
                 : apr_psprintf(cmd->pool,
                                "WSGIImportScript: unknown option '%s'; known are process-group and application-group",
                                name);
}

const char *pyw_directive_import_script(cmd_parms *cmd, void *dir, const char *args)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    const char *path = ap_getword_conf(cmd->pool, &args);
    pyw_import import = {.server = cmd->server, .place = pyw_directive_place(cmd)};

    (void)dir;
    if (error) {
        return error;
    }
    import.path = *path ? ap_server_root_relative(cmd->pool, path) : NULL;
    if (!import.path) {
        return "WSGIImportScript needs a file: WSGIImportScript /srv/blog/warm.py process-group=blog";
    }
    error = pyw_directive_options(cmd, args, set_import_option, &import);
    if (!error && !import.process_group) {
        error = "WSGIImportScript needs process-group=: the name of a group, or %{GLOBAL} for httpd's children";
    }
    if (!error) {
        pyw_directive_use_group(cmd, import.process_group);
        APR_ARRAY_PUSH(pyw_config_main()->imports, pyw_import) = import;
    }
    return error;
}

static const char *interpreter(apr_pool_t *pool, const pyw_import *import)
{
    if (!import->application_group || strcmp(import->application_group, "%{GLOBAL}") == 0) {
        return "";
    }
    if (strcmp(import->application_group, "%{SERVER}") == 0) {
        const server_rec *server = import->server;

        return pyw_config_host_name(pool, server->server_hostname ? server->server_hostname : "",
                                    pyw_config_server_port(server));
    }
    return import->application_group;
}

static const pyw_application_option *as_application(apr_pool_t *pool, const pyw_import *import, const char *path)
{
    const pyw_dir_config *config = ap_get_module_config(import->server->lookup_defaults, &pywsgi_module);
    pyw_application_option *application = apr_pcalloc(pool, sizeof(*application));

    application->target = path;
    application->callable = "";
    application->group = interpreter(pool, import);
    application->reloading = config->script_reloading != PYW_OFF;
    return application;
}

static int check_import(pyw_check *check, const pyw_import *import)
{
    const pyw_group *elsewhere;
    const pyw_group *group;

    if (strcmp(import->process_group, "%{GLOBAL}") == 0) {
        if (pyw_config_main()->restrict_embedded == PYW_ON) {
            ap_log_error(
                APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                PYWNO(0110) "%s: WSGIImportScript: process-group=%%{GLOBAL} selects httpd's children, in which "
                            "WSGIRestrictEmbedded forbids applications",
                import->place);
            return 0;
        }
        APR_ARRAY_PUSH(pyw_config_main()->embedded_imports, const pyw_application_option *) =
            as_application(check->pool, import, import->path);
        return 1;
    }
    group = pyw_config_find_group(import->server, import->process_group, &elsewhere);
    if (group) { /* otherwise check_uses reports it */
        APR_ARRAY_PUSH(group->options->worker.imports, const pyw_application_option *) =
            as_application(check->pool, import, pyw_config_path_in_group(group, import->path));
    }
    return 1;
}

int pyw_check_imports(pyw_check *check)
{
    const apr_array_header_t *imports = pyw_config_main()->imports;
    int fine = 1;

    for (int i = 0; i < imports->nelts; i++) {
        fine = check_import(check, &APR_ARRAY_IDX(imports, i, const pyw_import)) && fine;
    }
    return fine;
}
