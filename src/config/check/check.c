/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/check.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os/trusted_path.h"
#include "config/check/group.h"
#include "config/check/preload.h"
#include "config/check/pythonhome.h"
#include "config/check/python_settings.h"
#include "config/check/service.h"
#include "config/check/uses.h"
#include "config/import.h"

APLOG_USE_MODULE(pywsgi);

static int check_groups(pyw_check *check)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    int fine = 1;

    for (int i = 0; i < groups->nelts; i++) {
        fine = pyw_check_group(check, APR_ARRAY_IDX(groups, i, pyw_group *)) && fine;
    }
    return fine;
}

/* The program pywsgid, next to the module or where WSGIDaemonProgram points to. */
static int check_daemon_program(pyw_check *check)
{
    const pyw_server_config *config = pyw_config_main();
    const char *program = config->daemon_program
                              ? config->daemon_program
                              : apr_pstrcat(check->pool, pyw_config_module_directory(check->pool), "/pywsgid", NULL);

    if (config->groups->nelts == 0 || access(program, X_OK) == 0) {
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                 PYWNO(0103) "WSGIDaemonProcess needs %s: %s; run make install, or set WSGIDaemonProgram", program,
                 strerror(errno));
    return 0;
}

static int refuse_socket_prefix(const char *prefix, const pyw_problem *problem)
{
    const pyw_server_config *config = pyw_config_main();

    if (errno == EPERM) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
            PYWNO(0131) "%s cannot be '%s': %s; remove the permissions of other users, or use \"WSGISocketPrefix "
                        "/run/DIRECTORY/wsgi\" with a directory of %s that only its owner can write to",
            config->socket_prefix ? "WSGISocketPrefix" : "WSGISocketPrefix (from DefaultRuntimeDir)", prefix,
            problem->text, geteuid() == 0 ? "root" : "root or of this user");
        return 0;
    }
    if (errno == ENOENT) {
        return 1; /* the manager makes the directories that are missing */
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf, PYWNO(0104) "%s cannot be '%s': %s",
                 config->socket_prefix ? "WSGISocketPrefix" : "WSGISocketPrefix (from DefaultRuntimeDir)", prefix,
                 problem->text);
    return 0;
}

/* The parent directory of the sockets' directory. The manager checks again when it creates that directory. */
static int check_socket_prefix(pyw_check *check)
{
    pyw_server_config *config = pyw_config_main();
    const char *prefix = config->socket_prefix ? config->socket_prefix : ap_runtime_dir_relative(check->pool, "pywsgi");
    pyw_problem problem;
    int fd;

    config->socket_directory = apr_psprintf(check->pool, "%s.%" APR_PID_T_FMT, prefix, getpid());
    if (!config->socket_prefix && config->groups->nelts == 0) {
        return 1;
    }
    fd = pyw_trusted_path_open(ap_make_dirstr_parent(check->pool, prefix), &problem);
    if (fd < 0) {
        return refuse_socket_prefix(prefix, &problem);
    }
    close(fd);
    return 1;
}

/*
 * Checks only that the directory exists. httpd's children test whether they can write to it, because that depends on
 * more than owner and mode.
 */
static int check_temp_directory(pyw_check *check)
{
    const char *path = pyw_config_main()->temp_directory;

    if (!path || ap_is_directory(check->pool, path)) {
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                 PYWNO(0116) "WSGITempDir cannot be '%s': there is no such directory", path);
    return 0;
}

/* Without trusted proxies every client could choose the id, so the directive would be useless. */
static void check_request_id_header(pyw_check *check)
{
    const char *warning = "WSGIRequestIdHeader has no effect without WSGITrustedProxies in the server config or the "
                          "same virtual host: no proxy is trusted";
    int is_found = 0;

    for (server_rec *server = check->server; server; server = server->next) {
        const pyw_dir_config *config = ap_get_module_config(server->lookup_defaults, &pywsgi_module);

        is_found |= pyw_config_server(server)->request_id_header && !config->trusted_proxies;
    }
    if (is_found) {
        APR_ARRAY_PUSH(pyw_config_main()->warnings, const char *) = warning;
    }
}

/* All embedded applications share one Python. */
static int check_embedded(pyw_check *check)
{
    pyw_server_config *config = pyw_config_main();
    const char *problem, *error, *other;

    config->python_home = pyw_pythonhome_prefix(check->pool, config->python_home, &other);
    if (other) {
        APR_ARRAY_PUSH(config->warnings, const char *) =
            apr_psprintf(check->pool, "WSGIPythonHome: only the prefix %s is used, not the exec_prefix %s",
                         config->python_home, other);
    }
    config->embedded_engine = pyw_check_engine(check->pool, config->python_home, &problem, &error);
    if (!pyw_config_wants_embedded(check->server)) {
        return 1;
    }
    if (config->embedded_engine) {
        if (problem) {
            APR_ARRAY_PUSH(config->warnings, const char *) = apr_psprintf(
                check->pool, "WSGIPythonHome: %s; requests of embedded applications get status 500", problem);
        }
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                 PYWNO(0105) "%s%s (needed by applications without a WSGIProcessGroup)",
                 config->python_home ? "WSGIPythonHome: " : "", error);
    return 0;
}

static int runs_embedded(server_rec *server, const pyw_alias *alias)
{
    const pyw_dir_config *config = ap_get_module_config(server->lookup_defaults, &pywsgi_module);
    const char *group = alias->process_group ? alias->process_group : config->process_group;

    if (!alias->process_group && pyw_config_server(server)->has_group_sections) {
        return 0;
    }
    return !group || strcmp(group, "%{GLOBAL}") == 0;
}

int pyw_config_wants_embedded(server_rec *main_server)
{
    const apr_array_header_t *uses = pyw_config_main()->uses;

    if (pyw_config_main()->has_embedded_scripts) {
        return 1;
    }
    if (pyw_config_main()->restrict_embedded == PYW_ON) {
        return 0;
    }
    for (int i = 0; i < uses->nelts; i++) {
        if (!*APR_ARRAY_IDX(uses, i, const pyw_group_use).name) {
            return 1;
        }
    }
    for (server_rec *server = main_server; server; server = server->next) {
        const apr_array_header_t *aliases = pyw_config_server(server)->aliases;

        for (int i = 0; i < aliases->nelts; i++) {
            if (runs_embedded(server, &APR_ARRAY_IDX(aliases, i, const pyw_alias))) {
                return 1;
            }
        }
    }
    return 0;
}

/* With configtest, plain lines on the terminal; otherwise ordinary records of the error log. */
static void log_messages(int is_configtest)
{
    const apr_array_header_t *warnings = pyw_config_main()->warnings;
    const apr_array_header_t *notices = pyw_config_main()->notices;
    int startup = is_configtest ? APLOG_STARTUP : 0;

    for (int i = 0; i < warnings->nelts; i++) {
        ap_log_error(APLOG_MARK, APLOG_WARNING | startup, 0, ap_server_conf, PYWNO(0107) "%s",
                     APR_ARRAY_IDX(warnings, i, const char *));
    }
    for (int i = 0; i < notices->nelts; i++) {
        ap_log_error(APLOG_MARK, APLOG_INFO | startup, 0, ap_server_conf, PYWNO(0132) "%s",
                     APR_ARRAY_IDX(notices, i, const char *));
    }
}

int pyw_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    pyw_check check = {.pool = pconf, .server = main_server};
    int is_configtest = ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
    int fine;

    (void)plog;
    (void)ptemp;
    fine = check_socket_prefix(&check);
    fine = check_temp_directory(&check) && fine;
    fine = check_groups(&check) && fine;
    fine = pyw_check_uses(&check) && fine;
    fine = pyw_check_imports(&check) && fine;
    fine = pyw_check_services() && fine;
    fine = check_daemon_program(&check) && fine;
    fine = check_embedded(&check) && fine;
    if (!fine) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    pyw_check_python_settings(&check);
    pyw_check_preload(&check);
    check_request_id_header(&check);
    if (is_configtest || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
        log_messages(is_configtest);
    }
    return OK;
}
