/* SPDX-License-Identifier: Apache-2.0 */
#include "command/site/site.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/call.h"
#include "command/site/conf_text.h"
#include "command/site/project.h"
#include "command/terminal.h"

enum { NUMBER_MOST = 1000 };

/* Sets *out to the absolute path of `path`, relative to the current directory, if it exists with the access `mode`. */
static const char *read_path(apr_pool_t *pool, const char **out, const char *path, int mode)
{
    char resolved[PATH_MAX];

    if (access(path, mode) != 0 || realpath(path, resolved) == NULL) {
        return apr_psprintf(pool, "%s does not exist, or may not be read", pyw_terminal_escaped(pool, path));
    }
    if (!pyw_conf_is_text(resolved)) {
        return apr_psprintf(pool, "httpd's configuration cannot contain the path %s",
                            pyw_terminal_escaped(pool, resolved));
    }
    *out = apr_pstrdup(pool, resolved);
    return NULL;
}

/* Python's names may contain any letters, so all bytes outside of ASCII are accepted. */
static int is_callable(const char *word)
{
    static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    int parts = 1;

    for (const char *at = word; *at != '\0'; at++) {
        if (strcmp(at, "()") == 0 && parts == 2) {
            return 1;
        }
        parts += *at == ':';
        if (*at != ':' && (*at & 0x80) == 0 && strchr(names, *at) == NULL) {
            return 0;
        }
    }
    return parts <= 2 && *word != '\0' && *word != ':' && word[strlen(word) - 1] != ':' && strstr(word, ".py") == NULL;
}

static int is_group(const pyw_site *site, const char *name)
{
    for (int i = 0; i < site->applications->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(site->applications, i, pyw_site_application).group, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The name for the site, or the first name of the module; with a number if another application has it. */
static const char *name_group(apr_pool_t *pool, const pyw_site *site, const char *callable)
{
    const char *first = site->group != NULL ? site->group : apr_pstrndup(pool, callable, strcspn(callable, ".:"));
    const char *name = first;

    for (int i = 2; is_group(site, name); i++) {
        name = apr_psprintf(pool, "%s-%d", first, i);
    }
    return name;
}

static const char *add_site_application(apr_pool_t *pool, pyw_site *site, const char *path, const char *callable)
{
    const char *group;

    if (!is_callable(callable)) {
        return apr_psprintf(pool, "'%s' is no application; write module:callable, such as blog:app",
                            pyw_terminal_escaped(pool, callable));
    }
    group = name_group(pool, site, callable);
    APR_ARRAY_PUSH(site->applications, pyw_site_application) = (pyw_site_application){path, callable, group};
    return NULL;
}

/* Splits "/path=value". A path that ends with a slash would not match the URL without it. */
static const char *split(apr_pool_t *pool, const char *name, const char *word, const char **path, const char **value)
{
    const char *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : 0;

    if (equals == NULL || *word != '/' || equals[1] == '\0' || !pyw_conf_is_text(word)) {
        return apr_psprintf(pool, "--%s %s: write /path=%s", name, pyw_terminal_escaped(pool, word),
                            strcmp(name, "mount") == 0 ? "module:callable" : "directory");
    }
    while (length > 1 && word[length - 1] == '/') {
        length--;
    }
    *path = apr_pstrndup(pool, word, length);
    *value = equals + 1;
    return NULL;
}

static const char *read_mounts(pyw_site *site, const pyw_call *call)
{
    const apr_array_header_t *mounts = pyw_call_options(call, "mount");
    const char *problem = NULL, *path, *callable;

    for (int i = 0; problem == NULL && i < mounts->nelts; i++) {
        problem = split(call->pool, "mount", APR_ARRAY_IDX(mounts, i, const char *), &path, &callable);
        problem = problem != NULL ? problem : add_site_application(call->pool, site, path, callable);
    }
    return problem;
}

static const char *read_statics(pyw_site *site, const pyw_call *call)
{
    const apr_array_header_t *given = pyw_call_options(call, "static");
    const char *problem = NULL, *path, *directory;

    for (int i = 0; problem == NULL && i < given->nelts; i++) {
        problem = split(call->pool, "static", APR_ARRAY_IDX(given, i, const char *), &path, &directory);
        problem = problem != NULL ? problem : read_path(call->pool, &directory, directory, R_OK | X_OK);
        if (problem == NULL) {
            APR_ARRAY_PUSH(site->statics, pyw_site_static) = (pyw_site_static){path, directory};
        }
    }
    return problem;
}

static const char *read_env_files(pyw_site *site, const pyw_call *call)
{
    const apr_array_header_t *given = pyw_call_options(call, "env-file");
    const char *problem = NULL, *file;

    for (int i = 0; problem == NULL && i < given->nelts; i++) {
        problem = read_path(call->pool, &file, APR_ARRAY_IDX(given, i, const char *), R_OK);
        if (problem == NULL) {
            APR_ARRAY_PUSH(site->env_files, const char *) = file;
        }
    }
    return problem;
}

static const char *read_project(pyw_site *site, const pyw_call *call)
{
    const char *given = pyw_call_option(call, "project"), *venv = pyw_call_option(call, "venv");
    const char *problem = read_path(call->pool, &site->project, given != NULL ? given : ".", R_OK | X_OK);

    if (problem != NULL) {
        return problem;
    }
    if (strchr(site->project, ':') != NULL) {
        return "the path of the project must not contain a colon, because python-path= separates directories by it";
    }
    venv = venv != NULL ? venv : pyw_project_venv(call->pool, site->project);
    return venv != NULL ? read_path(call->pool, &site->python_home, venv, R_OK | X_OK) : NULL;
}

static const char *read_main(pyw_site *site, const pyw_call *call)
{
    const char *callable = call->operand;
    const char *problem = NULL;

    if (pyw_call_option(call, "django") != NULL) {
        if (callable != NULL) {
            return "--django finds the application: give no module";
        }
        problem = pyw_project_django(call->pool, site->project, &site->settings, &callable);
    }
    if (problem == NULL && callable != NULL) {
        problem = add_site_application(call->pool, site, "/", callable);
    }
    if (problem == NULL && site->applications->nelts == 0 && pyw_call_options(call, "mount")->nelts == 0) {
        return "name the application as module:callable, such as blog:app, or give --django";
    }
    return problem;
}

static int by_length(const char *one, const char *other)
{
    size_t first = strlen(one), second = strlen(other);

    return first != second ? (first < second ? 1 : -1) : strcmp(one, other);
}

static int compare_applications(const void *one, const void *other)
{
    return by_length(((const pyw_site_application *)one)->path, ((const pyw_site_application *)other)->path);
}

static int compare_statics(const void *one, const void *other)
{
    return by_length(((const pyw_site_static *)one)->path, ((const pyw_site_static *)other)->path);
}

static void sort(apr_array_header_t *array, int (*compare)(const void *, const void *))
{
    qsort(array->elts, (size_t)array->nelts, (size_t)array->elt_size, compare);
}

/* Two applications at one path: the second would never get a request. */
static const char *check_site_paths(apr_pool_t *pool, const pyw_site *site)
{
    for (int i = 1; i < site->applications->nelts; i++) {
        const char *path = APR_ARRAY_IDX(site->applications, i, pyw_site_application).path;

        if (strcmp(path, APR_ARRAY_IDX(site->applications, i - 1, pyw_site_application).path) == 0) {
            return apr_psprintf(pool, "two applications have the path %s", path);
        }
    }
    return NULL;
}

const char *pyw_site_read(pyw_site *site, const pyw_call *call, const char *group)
{
    const char *problem;

    site->group = group;
    site->applications = apr_array_make(call->pool, 2, sizeof(pyw_site_application));
    site->statics = apr_array_make(call->pool, 2, sizeof(pyw_site_static));
    site->env_files = apr_array_make(call->pool, 2, sizeof(const char *));
    if (!pyw_call_number(call, "processes", 1, NUMBER_MOST, &site->processes) ||
        !pyw_call_number(call, "threads", 1, NUMBER_MOST, &site->threads)) {
        return "";
    }
    problem = read_project(site, call);
    problem = problem != NULL ? problem : read_main(site, call);
    problem = problem != NULL ? problem : read_mounts(site, call);
    problem = problem != NULL ? problem : read_statics(site, call);
    problem = problem != NULL ? problem : read_env_files(site, call);
    sort(site->applications, compare_applications);
    sort(site->statics, compare_statics);
    return problem != NULL ? problem : check_site_paths(call->pool, site);
}
