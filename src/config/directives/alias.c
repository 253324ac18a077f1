/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/alias.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

#include "config/directives/directives.h"
#include "base/suggest.h"

static const char *const option_names[] = {"process-group", "application-group", "callable-object",
                                           "pass-authorization", NULL};

static const char *set_alias_option(cmd_parms *cmd, void *baton, const char *name, const char *value)
{
    pyw_alias *alias = baton;

    if (!*value) {
        return apr_psprintf(cmd->pool, "%s: option '%s' has an empty value", cmd->cmd->name, name);
    }
    if (strcmp(name, "process-group") == 0) {
        alias->process_group = value;
        pyw_directive_use_group(cmd, value);
    }
    else if (strcmp(name, "application-group") == 0) {
        alias->application_group = value;
        pyw_directive_check_application_group(cmd, value);
    }
    else if (strcmp(name, "callable-object") == 0 && !alias->is_module) {
        alias->callable_object = value;
    }
    else if (strcmp(name, "callable-object") == 0) {
        return "WSGIAppAlias has no option 'callable-object': write it after a colon, package.module:callable";
    }
    else if (strcmp(name, "pass-authorization") == 0) {
        if (!pyw_directive_switch(value, &alias->pass_authorization)) {
            return apr_psprintf(cmd->pool, "%s: option 'pass-authorization' cannot be '%s': it must be On or Off",
                                cmd->cmd->name, value);
        }
    }
    else {
        const char *meant = pyw_suggest(name, option_names);

        return meant
                   ? apr_psprintf(cmd->pool, "%s: unknown option '%s', did you mean '%s'?", cmd->cmd->name, name, meant)
                   : apr_psprintf(cmd->pool,
                                  "%s: unknown option '%s'; known are process-group, application-group, "
                                  "callable-object and pass-authorization",
                                  cmd->cmd->name, name);
    }
    return NULL;
}

/* The first two words of every alias. */
static const char *take_words(cmd_parms *cmd, const char **args, const char **first, const char **second,
                              const char *usage)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (error) {
        return error;
    }
    *first = ap_getword_conf(cmd->pool, args);
    *second = ap_getword_conf(cmd->pool, args);
    return **first && **second ? NULL : apr_psprintf(cmd->pool, "%s needs %s", cmd->cmd->name, usage);
}

static void init_alias(pyw_alias *alias, int is_module)
{
    memset(alias, 0, sizeof(*alias));
    alias->is_module = is_module;
    alias->pass_authorization = PYW_UNSET;
}

/* Removes the final slash of the prefix: "/" becomes "". */
static const char *set_url(cmd_parms *cmd, pyw_alias *alias, const char *url)
{
    apr_size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/') {
        length--;
    }
    alias->url = apr_pstrmemdup(cmd->pool, url, length);
    alias->ends_with_slash = url[length] == '/';
    return *url == '/' ? NULL
                       : apr_psprintf(cmd->pool, "%s: the URL path '%s' must begin with a slash", cmd->cmd->name, url);
}

static const char *add_alias(cmd_parms *cmd, pyw_alias *alias, const char *args)
{
    const char *error = pyw_directive_options(cmd, args, set_alias_option, alias);

    if (!error) {
        APR_ARRAY_PUSH(pyw_config_server(cmd->server)->aliases, pyw_alias) = *alias;
    }
    return error;
}

static apr_filetype_e type_of(cmd_parms *cmd, const char *path)
{
    apr_finfo_t finfo;
    apr_status_t rv = apr_stat(&finfo, path, APR_FINFO_TYPE, cmd->temp_pool);

    if (rv == APR_SUCCESS) {
        return finfo.filetype;
    }
    return APR_STATUS_IS_ENOENT(rv) || APR_STATUS_IS_ENOTDIR(rv) ? APR_NOFILE : APR_UNKFILE;
}

/* "/srv/app.py:app", as gunicorn and others write it, where the text before the colon is a file. */
static int has_callable(cmd_parms *cmd, const char *path)
{
    const char *colon = strrchr(path, ':');

    return colon && colon[1] && !strchr(colon, '/') &&
           type_of(cmd, apr_pstrmemdup(cmd->temp_pool, path, (apr_size_t)(colon - path))) == APR_REG;
}

/* "/srv/app.wsgi/more": the rest of the path begins PATH_INFO. */
static int continues_a_file(cmd_parms *cmd, const char *path)
{
    char *above = apr_pstrdup(cmd->temp_pool, path);
    char *slash;

    while ((slash = strrchr(above, '/')) != NULL && slash != above) {
        *slash = '\0';
        if (type_of(cmd, above) != APR_NOFILE) {
            return type_of(cmd, above) == APR_REG;
        }
    }
    return 0;
}

/* mod_wsgi starts with these mistakes as well, and its clients get 403 or 404. `target` is as it was written. */
static void check_target(cmd_parms *cmd, const pyw_alias *alias, const char *url, const char *target)
{
    apr_filetype_e type = type_of(cmd, alias->target);

    if (type != APR_REG && type_of(cmd, url) == APR_REG) {
        pyw_directive_warn(cmd,
                           apr_psprintf(cmd->pool, "%s: '%s' is a file, but the URL path comes first: write %s %s %s",
                                        cmd->cmd->name, url, cmd->cmd->name, target, url));
    }
    else if (type == APR_NOFILE && has_callable(cmd, alias->target)) {
        const char *colon = strrchr(alias->target, ':');

        pyw_directive_warn(cmd, apr_psprintf(cmd->pool, "%s: there is no file %s: write %s %s %.*s callable-object=%s",
                                             cmd->cmd->name, alias->target, cmd->cmd->name, url,
                                             (int)(colon - alias->target), alias->target, colon + 1));
    }
    else if (type == APR_NOFILE && !continues_a_file(cmd, alias->target)) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool, "%s: there is no file %s%s", cmd->cmd->name, alias->target,
                                             *target == '/' ? "" : ": a relative path is relative to ServerRoot"));
    }
    else if (type == APR_DIR && !*alias->url) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                             "%s: %s is a directory, so the URL path /NAME runs the script NAME in it; "
                                             "for one application write the path of its script",
                                             cmd->cmd->name, alias->target));
    }
}

/* As in mod_wsgi, no URL begins with it. */
static const char *warn_of_url(cmd_parms *cmd, const char *url)
{
    pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                         "%s: the URL path '%s' does not begin with a slash, so no request has it: "
                                         "write /%s",
                                         cmd->cmd->name, url, url));
    return NULL;
}

const char *pyw_directive_script_alias(cmd_parms *cmd, void *dir, const char *args)
{
    pyw_alias alias;
    const char *url, *target;
    const char *error = take_words(cmd, &args, &url, &target,
                                   "a URL path and a file or directory: "
                                   "WSGIScriptAlias / /srv/blog/blog.wsgi");

    (void)dir;
    init_alias(&alias, 0);
    if (!error && *url != '/') {
        return warn_of_url(cmd, url);
    }
    if (!error) {
        error = set_url(cmd, &alias, url);
    }
    if (error) {
        return error;
    }
    alias.target = ap_server_root_relative(cmd->pool, target);
    if (!alias.target) {
        return apr_psprintf(cmd->pool, "WSGIScriptAlias: '%s' is not a valid path", target);
    }
    check_target(cmd, &alias, url, target);
    return add_alias(cmd, &alias, args);
}

const char *pyw_directive_script_alias_match(cmd_parms *cmd, void *dir, const char *args)
{
    pyw_alias alias;
    const char *pattern;
    const char *error = take_words(cmd, &args, &pattern, &alias.target, "a regular expression and a file");
    const char *target;

    (void)dir;
    if (error) {
        return error;
    }
    target = alias.target;
    init_alias(&alias, 0);
    alias.url = pattern;
    alias.regex = ap_pregcomp(cmd->pool, pattern, AP_REG_EXTENDED);
    if (!alias.regex) {
        return apr_psprintf(cmd->pool, "WSGIScriptAliasMatch: '%s' is not a valid regular expression", pattern);
    }
    alias.target = *target == '$' ? target : ap_server_root_relative(cmd->pool, target);
    if (!alias.target) {
        return apr_psprintf(cmd->pool, "WSGIScriptAliasMatch: '%s' is not a valid path", target);
    }
    if (!strchr(target, '$')) {
        check_target(cmd, &alias, pattern, target);
    }
    return add_alias(cmd, &alias, args);
}

/* "package.module": identifiers and dots, as Python's import statement takes them. */
static int is_dotted_name(const char *text)
{
    int at_start = 1;

    for (; *text; text++) {
        if (*text == '.' ? at_start
            : at_start   ? !apr_isalpha(*text) && *text != '_' && !(*text & 0x80)
                         : !apr_isalnum(*text) && *text != '_' && !(*text & 0x80)) {
            return 0;
        }
        at_start = *text == '.';
    }
    return !at_start;
}

static const char *set_module(cmd_parms *cmd, pyw_alias *alias, const char *text)
{
    const char *colon = strchr(text, ':');

    alias->target = colon ? apr_pstrmemdup(cmd->pool, text, (apr_size_t)(colon - text)) : text;
    alias->callable_object = colon ? colon + 1 : "application";
    if (strchr(text, '/')) {
        return apr_psprintf(cmd->pool,
                            "WSGIAppAlias: '%s' is a file: mount it with WSGIScriptAlias, or write "
                            "package.module:callable",
                            text);
    }
    if (strlen(alias->target) > 3 && strcmp(alias->target + strlen(alias->target) - 3, ".py") == 0) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool,
                                             "WSGIAppAlias: '%s' names a module py in a package; if you mean the file, "
                                             "write WSGIAppAlias %s %.*s:%s",
                                             text, *alias->url ? alias->url : "/", (int)strlen(alias->target) - 3,
                                             alias->target, alias->callable_object));
    }
    if (!is_dotted_name(alias->target) || !*alias->callable_object) {
        return apr_psprintf(cmd->pool,
                            "WSGIAppAlias: '%s' is not of the form package.module:callable (a factory is "
                            "written package.module:create_app())",
                            text);
    }
    return NULL;
}

const char *pyw_directive_app_alias(cmd_parms *cmd, void *dir, const char *args)
{
    pyw_alias alias;
    const char *url, *target;
    const char *error = take_words(cmd, &args, &url, &target, "a URL path and package.module:callable");

    (void)dir;
    init_alias(&alias, 1);
    if (!error) {
        error = set_url(cmd, &alias, url);
    }
    if (!error) {
        error = set_module(cmd, &alias, target);
    }
    return error ? error : add_alias(cmd, &alias, args);
}
