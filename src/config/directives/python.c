/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/python.h"

#include <apr_strings.h>
#include <http_core.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config/directives/directives.h"
#include "config/options/parse/value.h"

/* The canonical value of a directive. NULL: *error is the reason; or, with *error NULL, there is nothing to set. */
typedef const char *take_value(cmd_parms *cmd, const char *text, const char **error);

static const char *take_switch(cmd_parms *cmd, const char *text, const char **error)
{
    pyw_switch value;

    *error = pyw_directive_set_switch(cmd, text, &value);
    return *error ? NULL : value == PYW_ON ? "On" : "Off";
}

/* mod_wsgi accepts any text, and uses the digits at its beginning. */
static const char *take_level(cmd_parms *cmd, const char *text, const char **error)
{
    long level = strtol(text, NULL, 10);
    const char *value = level >= 2 ? "2" : level == 1 ? "1" : "0";

    (void)error;
    if (strcmp(text, value) != 0) {
        pyw_directive_warn(
            cmd, apr_psprintf(cmd->pool, "%s '%s' counts as %s: write 0, 1 or 2", cmd->cmd->name, text, value));
    }
    return value;
}

static const char *take_seed(cmd_parms *cmd, const char *text, const char **error)
{
    long long number;

    if (strcmp(text, "random") != 0 && (!pyw_value_number(text, 10, &number) || number < 0 || number > 4294967295LL)) {
        *error = apr_psprintf(cmd->pool, "%s cannot be '%s': it must be random, or a number from 0 to 4294967295",
                              cmd->cmd->name, text);
        return NULL;
    }
    return text;
}

static const char *take_filter(cmd_parms *cmd, const char *text, const char **error)
{
    if (!*text) {
        *error = apr_psprintf(cmd->pool, "%s has an empty value", cmd->cmd->name);
        return NULL;
    }
    return text;
}

static const char *take_directory(cmd_parms *cmd, const char *text, const char **error)
{
    const char *path = *text ? ap_server_root_relative(cmd->pool, text) : NULL;

    if (!path) {
        *error = apr_psprintf(cmd->pool, "%s: '%s' is not a valid path", cmd->cmd->name, text);
    }
    return path;
}

static const char *take_interval(cmd_parms *cmd, const char *text, const char **error)
{
    const pyw_scoped_setting *section = pyw_config_main()->section;

    if (!pyw_value_is_seconds(text)) {
        *error = apr_psprintf(cmd->pool, "%s cannot be '%s': it must be a number of seconds, such as 0.005",
                              cmd->cmd->name, text);
        return NULL;
    }
    if (section && section->setting.application_group) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                             "%s has no effect here: the interpreters of a process share its interval; "
                                             "remove application-group= of the section",
                                             cmd->cmd->name));
        return NULL;
    }
    return text;
}

static const char *take_gil_mode(cmd_parms *cmd, const char *text, const char **error)
{
    const char *value = take_switch(cmd, text, error);

    if (value && strcmp(value, "On") == 0) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                             "%s On has no effect: the interpreters of a process share one "
                                             "GIL; use processes= of WSGIDaemonProcess for parallel Python",
                                             cmd->cmd->name));
    }
    return NULL;
}

/* Milliseconds, as text. */
static const char *take_duration(cmd_parms *cmd, const char *text, const char **error)
{
    long long milliseconds;

    if (!pyw_value_duration(text, &milliseconds) || milliseconds > INT_MAX) {
        *error = apr_psprintf(cmd->pool, "%s cannot be '%s': it must be seconds, or a number with ms, s, min or h",
                              cmd->cmd->name, text);
        return NULL;
    }
    return apr_psprintf(cmd->pool, "%" APR_INT64_T_FMT, (apr_int64_t)milliseconds);
}

typedef enum { EVERYWHERE, EMBEDDED } top_level_scope;

typedef struct rule {
    const char *directive;
    const char *name; /* of the setting */
    take_value *take;
    top_level_scope scope; /* EMBEDDED: WSGIDaemonProcess has an option for it */
    int in_sections;       /* <WSGIInterpreterOptions> may contain it */
} rule;

static const rule rules[] = {
    {"WSGIPythonOptimize", "optimize", take_level, EVERYWHERE, 0},
    {"WSGIPythonWarnings", "warnings", take_filter, EVERYWHERE, 0},
    {"WSGIPythonHashSeed", "hash-seed", take_seed, EVERYWHERE, 0},
    {"WSGIDontWriteBytecode", "dont-write-bytecode", take_switch, EVERYWHERE, 0},
    {"WSGIPythonEggs", "python-eggs", take_directory, EMBEDDED, 0},
    {"WSGIPythonPath", "python-path", NULL, EMBEDDED, 1},
    {"WSGISwitchInterval", "switch-interval", take_interval, EMBEDDED, 1},
    {"WSGIRestrictStdin", "restrict-stdin", take_switch, EVERYWHERE, 1},
    {"WSGIRestrictStdout", "restrict-stdout", take_switch, EVERYWHERE, 1},
    {"WSGIRestrictSignal", "restrict-signal", take_switch, EVERYWHERE, 1},
    {"WSGIDestroyInterpreter", "destroy-interpreter", take_switch, EVERYWHERE, 0},
    {"WSGISlowRequests", "slow-requests", take_duration, EVERYWHERE, 0},
    {"WSGIServerMetrics", "server-metrics", take_switch, EMBEDDED, 0},
    {"WSGIPerInterpreterGIL", NULL, take_gil_mode, EVERYWHERE, 1},
    {"WSGIFreeThreading", NULL, take_gil_mode, EVERYWHERE, 1},
    {NULL, NULL, NULL, EVERYWHERE, 0},
};

static const rule *find_rule(const char *directive)
{
    const rule *found = rules;

    while (found->directive && ap_cstr_casecmp(found->directive, directive) != 0) {
        found++;
    }
    return found->directive ? found : NULL;
}

static void add_setting(const rule *known, const char *value)
{
    pyw_server_config *config = pyw_config_main();
    pyw_scoped_setting *added = apr_array_push(config->python_settings);

    memset(added, 0, sizeof(*added));
    if (config->section) {
        *added = *config->section;
    }
    else if (known->scope == EMBEDDED) {
        added->process_group = "";
    }
    added->setting.name = known->name;
    added->setting.value = value;
}

const char *pyw_directive_python(cmd_parms *cmd, void *dir, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const rule *known = find_rule(cmd->cmd->name);
    const char *value = error ? NULL : known->take(cmd, text, &error);

    (void)dir;
    if (value) {
        add_setting(known, value);
    }
    return error;
}

/* Python starts in the root directory, or in home=, so a relative directory is probably a mistake. */
static void warn_of_relative(cmd_parms *cmd, const char *text)
{
    for (const char *path = text; path; path = strchr(path, ':') ? strchr(path, ':') + 1 : NULL) {
        if (*path != '/') {
            pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                                 "WSGIPythonPath: '%.*s' is relative to the directory in "
                                                 "which the process starts: write an absolute path",
                                                 (int)strcspn(path, ":"), path));
        }
    }
}

const char *pyw_directive_python_path(cmd_parms *cmd, void *dir, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    pyw_server_config *config = pyw_config_main();

    (void)dir;
    if (error) {
        return error;
    }
    warn_of_relative(cmd, text);
    if (config->section) {
        add_setting(find_rule(cmd->cmd->name), text);
    }
    else {
        config->python_path = text;
    }
    return NULL;
}

static const char *set_selector(cmd_parms *cmd, void *baton, const char *name, const char *value)
{
    pyw_scoped_setting *section = baton;
    const char *group = strcmp(value, "%{GLOBAL}") == 0 ? "" : value;

    if (strcmp(name, "process-group") == 0) {
        section->process_group = group;
    }
    else if (strcmp(name, "application-group") == 0) {
        section->setting.application_group = group;
    }
    else {
        return apr_psprintf(cmd->pool,
                            "<WSGIInterpreterOptions: unknown option '%s'; known are process-group and "
                            "application-group",
                            name);
    }
    section->specificity++;
    return NULL;
}

static const char *check_contents(cmd_parms *cmd)
{
    for (const ap_directive_t *inner = cmd->directive->first_child; inner; inner = inner->next) {
        const rule *known = find_rule(inner->directive);

        if (!known || !known->in_sections) {
            return apr_psprintf(cmd->pool, "<WSGIInterpreterOptions> cannot contain %s (%s:%d)", inner->directive,
                                inner->filename, inner->line_num);
        }
    }
    return NULL;
}

const char *pyw_directive_interpreter_options(cmd_parms *cmd, void *dir, const char *args)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    pyw_server_config *config = pyw_config_main();
    const char *end = strrchr(args, '>');
    pyw_scoped_setting section = {
        .specificity = 1,
        .place = apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num),
    };

    (void)dir;
    if (!error && !end) {
        error = "<WSGIInterpreterOptions has no closing >";
    }
    if (!error) {
        error = pyw_directive_options(cmd, apr_pstrmemdup(cmd->pool, args, (apr_size_t)(end - args)), set_selector,
                                      &section);
    }
    if (!error) {
        error = check_contents(cmd);
    }
    if (!error) {
        config->section = &section;
        error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
        config->section = NULL;
    }
    return error;
}
