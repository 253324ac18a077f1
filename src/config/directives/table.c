/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all directives, and the functions that only set a member. */
#include "config/directives/table.h"

#include <apr_strings.h>
#include <http_config.h>
#include <stddef.h>
#include <string.h>

#include "config/directives/alias.h"
#include "config/directives/compat.h"
#include "config/directives/daemon.h"
#include "config/directives/directives.h"
#include "config/directives/python.h"
#include "config/directives/request/admission.h"
#include "config/directives/request/deadline.h"
#include "config/directives/request/proxies.h"
#include "config/directives/scripts.h"
#include "config/directives/status.h"
#include "config/import.h"

/* Sets a text in the directory configuration; cmd->info is the member's offset. */
static const char *set_text_directive(cmd_parms *cmd, void *dir, const char *text)
{
    if (!*text) {
        return apr_psprintf(cmd->pool, "%s has an empty value", cmd->cmd->name);
    }
    *(const char **)((char *)dir + (apr_size_t)cmd->info) = text;
    return NULL;
}

static int is_section(cmd_parms *cmd)
{
    return cmd->path && pyw_directive_is_main(cmd);
}

static const char *set_group(cmd_parms *cmd, void *dir, const char *text)
{
    if (is_section(cmd)) {
        pyw_config_server(cmd->server)->has_group_sections = 1;
    }
    return set_text_directive(cmd, dir, text);
}

static const char *set_application_group(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_directive_check_application_group(cmd, text);
    return set_group(cmd, dir, text);
}

static const char *set_callable(cmd_parms *cmd, void *dir, const char *text)
{
    if (is_section(cmd)) {
        pyw_config_server(cmd->server)->has_callable_sections = 1;
    }
    return set_text_directive(cmd, dir, text);
}

static const char *set_process_group(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_directive_use_group(cmd, text);
    return set_group(cmd, dir, text);
}

static const char *set_switch(cmd_parms *cmd, void *dir, const char *text)
{
    return pyw_directive_set_switch(cmd, text, (pyw_switch *)(void *)((char *)dir + (apr_size_t)cmd->info));
}

static const char *set_map_head(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_dir_config *config = dir;

    if (ap_cstr_casecmp(text, "Auto") == 0) {
        config->map_head_to_get = PYW_AUTO;
        return NULL;
    }
    if (!pyw_directive_switch(text, &config->map_head_to_get)) {
        return apr_psprintf(cmd->pool, "WSGIMapHEADToGET cannot be '%s': it must be On, Off or Auto", text);
    }
    return NULL;
}

/* Sets a switch of the main server; cmd->info is the member's offset. */
static const char *set_global_switch(cmd_parms *cmd, void *dir, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    pyw_switch *member = (pyw_switch *)((char *)pyw_config_main() + (size_t)cmd->info);

    (void)dir;
    return error ? error : pyw_directive_set_switch(cmd, text, member);
}

/* Sets a path of the main server; cmd->info is the member's offset. */
static const char *set_global_path(cmd_parms *cmd, void *dir, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path = error ? NULL : ap_server_root_relative(cmd->pool, text);

    (void)dir;
    if (!error && !path) {
        error = apr_psprintf(cmd->pool, "%s: '%s' is not a valid path", cmd->cmd->name, text);
    }
    if (!error) {
        *(const char **)((char *)pyw_config_main() + (apr_size_t)cmd->info) = path;
    }
    return error;
}

static const char *set_json_log(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_json_log *log = apr_palloc(cmd->pool, sizeof(*log));
    int is_program = *text == '|';

    (void)dir;
    log->fd = -1;
    log->target = is_program ? text : ap_server_root_relative(cmd->pool, text);
    if (!*text || !log->target || (is_program && !text[1])) {
        return apr_psprintf(cmd->pool, "WSGIJSONLog cannot be '%s': it must be a file, or \"|program\"", text);
    }
    pyw_config_server(cmd->server)->json_log = log;
    return NULL;
}

/* Not in sections: a record may need the id before the directory of its request is known. */
static const char *set_request_id_header(cmd_parms *cmd, void *dir, const char *text)
{
    (void)dir;
    if (!*text || *ap_scan_http_token(text)) {
        return apr_psprintf(cmd->pool, "WSGIRequestIdHeader cannot be '%s': it must be the name of a header", text);
    }
    pyw_config_server(cmd->server)->request_id_header = text;
    return NULL;
}

#define DIR_MEMBER(member) (void *)offsetof(pyw_dir_config, member)
#define MAIN_MEMBER(member) (void *)offsetof(pyw_server_config, member)
#define ANYWHERE (RSRC_CONF | ACCESS_CONF | OR_FILEINFO | OR_AUTHCFG)

#define PYTHON(name, help) AP_INIT_TAKE1(name, pyw_directive_python, NULL, RSRC_CONF, help)
#define IGNORED(name)                                                                                                  \
    AP_INIT_RAW_ARGS(name, pyw_directive_ignored, NULL, ANYWHERE, "accepted for mod_wsgi, without effect")
#define MEANINGLESS(name, why)                                                                                         \
    AP_INIT_RAW_ARGS(name, pyw_directive_meaningless, (void *)(apr_uintptr_t)(why), ANYWHERE,                          \
                     "accepted for mod_wsgi, without effect")

const command_rec pyw_config_directives[] = {
    AP_INIT_RAW_ARGS("WSGIScriptAlias", pyw_directive_script_alias, NULL, RSRC_CONF,
                     "a URL path, the WSGI script or directory of scripts behind it, and options"),
    AP_INIT_RAW_ARGS("WSGIScriptAliasMatch", pyw_directive_script_alias_match, NULL, RSRC_CONF,
                     "a regular expression for URL paths, the WSGI script (with $n), and options"),
    AP_INIT_RAW_ARGS("WSGIAppAlias", pyw_directive_app_alias, NULL, RSRC_CONF,
                     "a URL path, an importable application as package.module:callable, and options"),
    AP_INIT_RAW_ARGS("WSGIDaemonProcess", pyw_directive_daemon_process, NULL, RSRC_CONF,
                     "the name of a process group, and options"),
    AP_INIT_RAW_ARGS("WSGIImportScript", pyw_directive_import_script, NULL, RSRC_CONF,
                     "a script to execute when a process starts, and options"),
    AP_INIT_TAKE1("WSGIProcessGroup", set_process_group, DIR_MEMBER(process_group), RSRC_CONF | ACCESS_CONF,
                  "the process group in which applications run, %{GLOBAL} for httpd's children"),
    AP_INIT_TAKE1("WSGIApplicationGroup", set_application_group, DIR_MEMBER(application_group), RSRC_CONF | ACCESS_CONF,
                  "the Python interpreter in which applications run, %{GLOBAL} for the main interpreter"),
    AP_INIT_TAKE1("WSGICallableObject", set_callable, DIR_MEMBER(callable_object), OR_FILEINFO,
                  "the name of the application in its script; 'application' by default"),
    AP_INIT_TAKE1("WSGIPassAuthorization", set_switch, DIR_MEMBER(pass_authorization), OR_FILEINFO,
                  "On: applications see the Authorization header"),
    AP_INIT_TAKE1("WSGIScriptReloading", set_switch, DIR_MEMBER(script_reloading), OR_FILEINFO,
                  "On (default): a script that changed is loaded again"),
    AP_INIT_TAKE1("WSGIChunkedRequest", set_switch, DIR_MEMBER(chunked_request), OR_FILEINFO,
                  "Off: request bodies without a length are refused with 411"),
    AP_INIT_TAKE1("WSGIMapHEADToGET", set_map_head, DIR_MEMBER(map_head_to_get), OR_FILEINFO,
                  "On, Off, or Auto (default): whether applications see HEAD as GET"),
    AP_INIT_TAKE1("WSGIPassApacheRequest", set_switch, DIR_MEMBER(pass_apache_request), RSRC_CONF | ACCESS_CONF,
                  "On: embedded applications find httpd's request_rec in environ"),
    AP_INIT_TAKE1("WSGIIgnoreActivity", set_switch, DIR_MEMBER(ignore_activity), OR_FILEINFO,
                  "On: requests do not count as activity, for inactivity-timeout="),
    AP_INIT_TAKE1("WSGIErrorOverride", set_switch, DIR_MEMBER(error_override), OR_FILEINFO,
                  "On: httpd's error documents take the place of applications' 4xx and 5xx"),
    AP_INIT_TAKE1("WSGIEnableSendfile", set_switch, DIR_MEMBER(enable_sendfile), OR_FILEINFO,
                  "whether files of wsgi.file_wrapper are sent with sendfile(2); default: as EnableSendfile"),
    AP_INIT_TAKE1("WSGIClientGone", pyw_directive_client_gone, NULL, OR_FILEINFO,
                  "Interrupt: a thread whose client has left is interrupted; Ignore (default)"),
    AP_INIT_RAW_ARGS("WSGITrustedProxies", pyw_directive_trusted_proxies, NULL, OR_FILEINFO,
                     "the addresses and subnets of the proxies whose headers are trusted"),
    AP_INIT_RAW_ARGS("WSGITrustedProxyHeaders", pyw_directive_trusted_proxy_headers, NULL, OR_FILEINFO,
                     "the headers of trusted proxies that describe the original request"),
    AP_INIT_TAKE1("WSGIJSONLog", set_json_log, NULL, RSRC_CONF,
                  "a file or \"|program\" that gets the records of the error log as JSON, too"),
    AP_INIT_TAKE1("WSGIRequestIdHeader", set_request_id_header, NULL, RSRC_CONF,
                  "the header in which trusted proxies send the id of a request"),
    AP_INIT_TAKE1("WSGIRequestTimeout", pyw_directive_request_timeout, NULL, RSRC_CONF | ACCESS_CONF,
                  "the time limit of a request, from its arrival on; 0: no limit"),
    AP_INIT_TAKE1("WSGIConcurrency", pyw_directive_concurrency, NULL, RSRC_CONF | ACCESS_CONF,
                  "the maximum number of requests of this section that run in their process group at a time"),
    AP_INIT_TAKE1("WSGIPriority", pyw_directive_priority, NULL, RSRC_CONF | ACCESS_CONF,
                  "High: served before other requests, and by reserved threads; Normal (default)"),
    AP_INIT_TAKE12("WSGIStatus", pyw_directive_status, NULL, RSRC_CONF | ACCESS_CONF,
                   "On: SetHandler pywsgi-status, pywsgi-metrics, pywsgi-live and pywsgi-ready answer here"),
    AP_INIT_TAKE1("WSGIRestrictEmbedded", set_global_switch, MAIN_MEMBER(restrict_embedded), RSRC_CONF,
                  "On: no application runs in httpd's children"),
    AP_INIT_TAKE1("WSGICheck", set_global_switch, MAIN_MEMBER(check), RSRC_CONF,
                  "On: configtest loads the applications and simulates requests; Off (default)"),
    AP_INIT_TAKE1("WSGIBatchScheduling", set_global_switch, MAIN_MEMBER(batch_scheduling), RSRC_CONF,
                  "On (default): while many requests run, their threads do not preempt each other"),
    AP_INIT_TAKE1("WSGISocketPrefix", set_global_path, MAIN_MEMBER(socket_prefix), RSRC_CONF,
                  "the beginning of the path of the sockets' directory"),
    AP_INIT_TAKE1("WSGIResponseBuffering", set_switch, DIR_MEMBER(response_buffering), OR_FILEINFO,
                  "Off: a worker waits until its client has read the response, however slowly"),
    AP_INIT_TAKE1("WSGITempDir", set_global_path, MAIN_MEMBER(temp_directory), RSRC_CONF,
                  "the directory of temporary files for large request bodies and responses"),
    AP_INIT_TAKE1("WSGIPythonHome", set_global_path, MAIN_MEMBER(python_home), RSRC_CONF,
                  "the default prefix or virtual environment of applications, without python-home="),
    AP_INIT_TAKE1("WSGIPythonPath", pyw_directive_python_path, NULL, RSRC_CONF,
                  "directories for sys.path of embedded applications, separated by colons"),
    PYTHON("WSGIPythonOptimize", "0, 1 or 2: the level of optimization, as Python's -O and -OO"),
    PYTHON("WSGIPythonWarnings", "a filter of warnings, as Python's -W"),
    PYTHON("WSGIPythonHashSeed", "random, or the seed of the hashes of str and bytes"),
    PYTHON("WSGIDontWriteBytecode", "On: imports write no .pyc files"),
    PYTHON("WSGIPythonEggs", "the directory in which embedded applications unpack eggs"),
    PYTHON("WSGISwitchInterval", "after how many seconds a thread releases the GIL if others wait for it"),
    PYTHON("WSGIRestrictStdin", "On: the use of sys.stdin raises an exception"),
    PYTHON("WSGIRestrictStdout", "On: the use of sys.stdout raises an exception"),
    PYTHON("WSGIRestrictSignal", "Off: signal.signal() installs handlers of signals that the server does not use"),
    PYTHON("WSGIDestroyInterpreter", "Off: Python is not finalized when a process ends"),
    PYTHON("WSGISlowRequests", "requests that run for longer are logged, with their Python stacks; 0: none"),
    PYTHON("WSGIServerMetrics", "On: embedded applications may call server_metrics()"),
    PYTHON("WSGIPerInterpreterGIL", "accepted, without effect: all interpreters of a process share the GIL"),
    PYTHON("WSGIFreeThreading", "accepted, without effect: free-threaded builds of Python are not supported"),
    AP_INIT_RAW_ARGS("<WSGIInterpreterOptions", pyw_directive_interpreter_options, NULL, RSRC_CONF,
                     "settings of the interpreters with this process-group= and application-group="),
    AP_INIT_TAKE1("WSGIDaemonProgram", set_global_path, MAIN_MEMBER(daemon_program), RSRC_CONF,
                  "the path of pywsgid; beside the module by default"),
    AP_INIT_TAKE1("WSGIEnginePath", set_global_path, MAIN_MEMBER(engine_path), RSRC_CONF,
                  "the directory of pywsgi_cpython*.so; that of the module by default"),

    AP_INIT_RAW_ARGS("WSGIAuthUserScript", pyw_directive_script, DIR_MEMBER(auth_user_script), OR_AUTHCFG,
                     "the script of the authentication provider wsgi, and options"),
    AP_INIT_RAW_ARGS("WSGIAuthGroupScript", pyw_directive_script, DIR_MEMBER(auth_group_script), OR_AUTHCFG,
                     "the script of Require wsgi-group, and options"),
    AP_INIT_RAW_ARGS("WSGIAccessScript", pyw_directive_script, DIR_MEMBER(access_script), OR_AUTHCFG,
                     "a script that allows or denies access by host, and options"),
    AP_INIT_RAW_ARGS("WSGIDispatchScript", pyw_directive_script, DIR_MEMBER(dispatch_script), RSRC_CONF | ACCESS_CONF,
                     "a script that selects the process group, interpreter and callable of a request, and options"),
    AP_INIT_RAW_ARGS("WSGIHandlerScript", pyw_directive_handler_script, NULL, RSRC_CONF | ACCESS_CONF,
                     "the name of a handler for SetHandler and AddHandler, its script, and options"),
    AP_INIT_RAW_ARGS("WSGIRestrictProcess", pyw_directive_restrict_process, NULL, RSRC_CONF | ACCESS_CONF,
                     "the process groups that may be selected, %{GLOBAL} for httpd's children"),

    MEANINGLESS("WSGIAcceptMutex", "httpd chooses the worker of a request"),
    MEANINGLESS("WSGICaseSensitivity", "paths are always case-sensitive"),
    MEANINGLESS("WSGIGroupAuthoritative", "httpd 2.4 combines Require lines by <RequireAny> and <RequireAll>"),
    MEANINGLESS("WSGILazyInitialization", "httpd's parent never runs Python"),
    MEANINGLESS("WSGISocketRotation", "a restart keeps the sockets of the workers that it keeps"),
    MEANINGLESS("WSGIVerboseDebugging", "use LogLevel wsgi:debug"),
    IGNORED("WSGINewRelicConfigFile"),
    IGNORED("WSGINewRelicEnvironment"),
    IGNORED("WSGITelemetryOptions"),
    IGNORED("WSGITelemetryService"),
    {NULL}};
