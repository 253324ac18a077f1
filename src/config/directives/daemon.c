/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/daemon.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

#include "config/directives/directives.h"
#include "config/options/options.h"
#include "config/options/use.h"

static const char *check_name(cmd_parms *cmd, const char *name)
{
    if (!*name || strchr(name, '=')) {
        return "WSGIDaemonProcess needs a name ahead of its options: WSGIDaemonProcess blog threads=8";
    }
    if (pyw_directive_is_variable(name)) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                             "WSGIDaemonProcess %s: no request can use this group, because its name is "
                                             "a variable of WSGIProcessGroup: use another name",
                                             name));
    }
    for (const char *at = name; *at; at++) {
        if (apr_iscntrl(*at)) {
            return "WSGIDaemonProcess: the name contains a control character";
        }
    }
    return NULL;
}

static int is_env(const char *name)
{
    return strcmp(name, "env") == 0;
}

/* As for WSGIPythonHome. */
static const char *absolute_home(cmd_parms *cmd, const char *value)
{
    const char *path = *value ? ap_server_root_relative(cmd->pool, value) : NULL;

    return path ? path : value;
}

static const char *set_group_option(cmd_parms *cmd, void *baton, const char *name, const char *value)
{
    pyw_group_options *options = baton;
    int is_home = strcmp(name, "python-home") == 0;
    const char *error = pyw_options_set(options, cmd->pool, name, is_home ? absolute_home(cmd, value) : value);

    if (is_env(name)) {
        pyw_config_main()->has_secrets_in_text = 1;
        pyw_secrets_wipe(value);
    }
    return error ? apr_psprintf(cmd->pool, "WSGIDaemonProcess %s: %s", options->name, error) : NULL;
}

/* An option as it is written, [start, end), and its text for DUMP_CONFIG and mod_info. */
static const char *shown_option(apr_pool_t *pool, const char *start, const char *end, const char *name,
                                const char *value)
{
    const char *word_end = end;

    if (!is_env(name)) {
        return apr_pstrmemdup(pool, start, (apr_size_t)(end - start));
    }
    while (word_end > start && apr_isspace(word_end[-1])) {
        word_end--;
    }
    return apr_psprintf(pool, "env=%.*s=***%.*s", (int)strcspn(value, "="), strchr(value, '=') ? value : "",
                        (int)(end - word_end), word_end);
}

/*
 * Removes the values of env= from the directive's text in httpd's configuration tree. httpd owns this text, and it is
 * writable.
 */
static void hide_values(cmd_parms *cmd, const char *args)
{
    const char *text = cmd->directive ? cmd->directive->args : NULL;
    const char *name = NULL, *value = NULL;
    const char *hidden;

    if (!text || !pyw_config_main()->has_secrets_in_text) {
        return;
    }
    hidden = apr_pstrmemdup(cmd->pool, text, (apr_size_t)(args - text));
    for (const char *start = args; !pyw_directive_option(cmd, &args, &name, &value) && name; start = args) {
        hidden = apr_pstrcat(cmd->pool, hidden, shown_option(cmd->pool, start, args, name, value), NULL);
        if (is_env(name)) {
            pyw_secrets_wipe(value);
        }
    }
    cmd->directive->args = hidden;
    pyw_secrets_wipe(text);
}

static pyw_group *find_declared_group(const char *name)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;

    for (int i = 0; i < groups->nelts; i++) {
        pyw_group *group = APR_ARRAY_IDX(groups, i, pyw_group *);

        if (strcmp(group->options->name, name) == 0) {
            return group;
        }
    }
    return NULL;
}

/*
 * A tool that copies a virtual host for port 443 copies its WSGIDaemonProcess, too. Both lines define one group, which
 * both virtual hosts may use.
 */
static const char *repeat(cmd_parms *cmd, pyw_group *group, const pyw_group_options *options)
{
    const char *difference = pyw_options_all_differences(group->options, options, cmd->pool);

    if (*difference) {
        return apr_psprintf(cmd->pool,
                            "WSGIDaemonProcess %s: the group is already defined at %s, with other values of %s; use "
                            "another name, or the same options to share the group",
                            options->name, group->defined_at, difference);
    }
    APR_ARRAY_PUSH(group->servers, server_rec *) = cmd->server;
    pyw_directive_notice(cmd, apr_psprintf(cmd->pool,
                                           "WSGIDaemonProcess %s: the group is already defined at %s, with the same "
                                           "options; it is one group for both places",
                                           options->name, group->defined_at));
    return NULL;
}

static void add_group(cmd_parms *cmd, pyw_group_options *options)
{
    pyw_group *group = apr_pcalloc(cmd->pool, sizeof(*group));

    group->options = options;
    group->server = cmd->server;
    group->servers = apr_array_make(cmd->pool, 1, sizeof(server_rec *));
    APR_ARRAY_PUSH(group->servers, server_rec *) = cmd->server;
    group->defined_at = pyw_directive_place(cmd);
    group->scoreboard_sent_at = apr_pcalloc(cmd->pool, sizeof(*group->scoreboard_sent_at));
    APR_ARRAY_PUSH(pyw_config_main()->groups, pyw_group *) = group;
}

static void report(cmd_parms *cmd, const pyw_group_options *options)
{
    const apr_array_header_t *warnings = options->httpd.warnings;
    const apr_array_header_t *notices = options->httpd.notices;
    const char *start = apr_psprintf(cmd->pool, "WSGIDaemonProcess %s: ", options->name);

    for (int i = 0; i < warnings->nelts; i++) {
        pyw_directive_warn(cmd, apr_pstrcat(cmd->pool, start, APR_ARRAY_IDX(warnings, i, const char *), NULL));
    }
    for (int i = 0; i < notices->nelts; i++) {
        pyw_directive_notice(cmd, apr_pstrcat(cmd->pool, start, APR_ARRAY_IDX(notices, i, const char *), NULL));
    }
}

const char *pyw_directive_daemon_process(cmd_parms *cmd, void *dir, const char *args)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    const char *name = ap_getword_conf(cmd->pool, &args);
    pyw_server_config *config = pyw_config_main();
    pyw_group_options *options;
    pyw_group *group;

    (void)dir;
    if (!error) {
        error = check_name(cmd, name);
    }
    if (error) {
        return error;
    }
    options = pyw_options_create(cmd->pool, name);
    if (!config->secrets) {
        config->secrets = pyw_secrets_create(cmd->pool);
    }
    options->httpd.secrets = config->secrets;
    error = pyw_directive_options(cmd, args, set_group_option, options);
    hide_values(cmd, args);
    if (error) {
        return error;
    }
    group = find_declared_group(name);
    if (group) {
        return repeat(cmd, group, options);
    }
    report(cmd, options);
    add_group(cmd, options);
    return NULL;
}
