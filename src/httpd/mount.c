/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/mount.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>

apr_ssize_t pyw_mount_covered(const char *path, const char *prefix)
{
    const char *at = path;

    while (*prefix) {
        if (*prefix != *at) {
            return -1;
        }
        if (*prefix == '/') {
            at += strspn(at, "/");
            prefix += strspn(prefix, "/");
        }
        else {
            at++;
            prefix++;
        }
    }
    return *at == '\0' || *at == '/' || (at > path && at[-1] == '/') ? at - path : -1;
}

/*
 * As in mod_wsgi: PATH_INFO begins with a slash if the pattern ends at one, as "^/(?!static)" does. The rest of another
 * URL, as of "^/app" and "/apple", cannot be PATH_INFO.
 */
static apr_ssize_t before_slash(const char *uri, apr_ssize_t covered)
{
    int splits = covered == 1 || uri[covered] != '\0';

    return splits && covered > 0 && uri[covered - 1] == '/' ? covered - 1 : covered;
}

/* As in mod_alias: sections such as <Location /wiki/> protect all URLs of the alias "/wiki/". */
static apr_ssize_t match_prefix(const char *uri, const pyw_alias *alias)
{
    apr_ssize_t covered = pyw_mount_covered(uri, alias->url);

    return covered >= 0 && alias->ends_with_slash && uri[covered] == '\0' ? -1 : covered;
}

/* The number of bytes of r->uri that the alias covers, -1 if it does not match; *target: the alias's target. */
static apr_ssize_t match_alias(request_rec *r, const pyw_alias *alias, const char **target)
{
    ap_regmatch_t groups[AP_MAX_REG_MATCH];

    *target = alias->target;
    if (!alias->regex) {
        return match_prefix(r->uri, alias);
    }
    if (ap_regexec(alias->regex, r->uri, AP_MAX_REG_MATCH, groups, 0) != 0) {
        return -1;
    }
    *target = ap_pregsub(r->pool, alias->target, r->uri, AP_MAX_REG_MATCH, groups);
    return *target ? before_slash(r->uri, groups[0].rm_eo) : -1;
}

/*
 * For a file, the rest of the URL becomes PATH_INFO immediately: httpd would look up script + rest as one path, which
 * fails for a long rest. For a directory of scripts, the directory walk finds the script.
 */
static void map_alias(request_rec *r, pyw_mount *mount, const char *target, const char *rest)
{
    int splits = *rest == '\0' || *rest == '/';

    /* The directory walk reuses r->finfo. */
    if (splits && apr_stat(&r->finfo, target, APR_FINFO_MIN, r->pool) == APR_SUCCESS && r->finfo.filetype == APR_REG) {
        mount->path_info = rest;
        r->filename = apr_pstrdup(r->pool, target);
        return;
    }
    r->finfo.filetype = APR_NOFILE;
    if (*rest == '/' && ap_strrchr_c(target, '/') == target + strlen(target) - 1) {
        rest++;
    }
    r->filename = apr_pstrcat(r->pool, target, rest, NULL);
}

/* The beginning of r->filename of an importable application. */
static const char module_prefix[] = "pywsgi:";

static pyw_mount *record_mount(request_rec *r, const pyw_alias *alias)
{
    pyw_mount *mount = apr_pcalloc(r->pool, sizeof(*mount));

    mount->alias = alias;
    ap_set_module_config(r->request_config, &pywsgi_module, mount);
    return mount;
}

static int mount_on(request_rec *r, const pyw_alias *alias)
{
    const char *target;
    apr_ssize_t covered = match_alias(r, alias, &target);
    pyw_mount *mount;

    if (covered < 0) {
        return 0;
    }
    mount = record_mount(r, alias);
    if (alias->is_module) {
        mount->path_info = r->uri + covered;
        r->filename = apr_pstrcat(r->pool, module_prefix, target, NULL);
        /* Prevents redirects by mod_dir, and searches by mod_negotiation and mod_speling. */
        r->finfo.filetype = APR_REG;
    }
    else {
        map_alias(r, mount, target, r->uri + covered);
    }
    mount->filename = r->filename;
    r->handler = PYW_HANDLER_NAME;
    return 1;
}

static const apr_array_header_t *aliases_of(const request_rec *r)
{
    return pyw_config_server(r->server)->aliases;
}

int pyw_mount_translate_name(request_rec *r)
{
    const apr_array_header_t *aliases = aliases_of(r);

    if (r->uri[0] != '/') {
        return DECLINED;
    }
    for (int i = 0; i < aliases->nelts; i++) {
        if (mount_on(r, &APR_ARRAY_IDX(aliases, i, const pyw_alias))) {
            return OK;
        }
    }
    return DECLINED;
}

static pyw_mount *recorded_mount(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &pywsgi_module);
}

/*
 * The mount that translate_name recorded, if the request still has the same file. mod_dir and mod_negotiation replace a
 * request by a subrequest (ap_internal_fast_redirect), without its mount.
 */
static pyw_mount *current_mount(const request_rec *r)
{
    pyw_mount *mount = recorded_mount(r);

    return mount && mount->filename == r->filename ? mount : NULL;
}

/* Replaces the core's walk: an importable application has no file, and the PATH_INFO of a script is already known. */
int pyw_mount_map_to_storage(request_rec *r)
{
    pyw_mount *mount = current_mount(r);
    int status = OK;

    if (!mount) {
        return DECLINED;
    }
    if (!mount->alias->is_module) {
        status = ap_directory_walk(r);
        if (status == OK) {
            status = ap_file_walk(r);
        }
        mount->filename = r->filename;
    }
    if (mount->path_info) {
        r->path_info = apr_pstrdup(r->pool, mount->path_info);
    }
    return status;
}

/* Whether `target`, the alias's target for the URL, leads to the file of the request. */
static int leads_to(const request_rec *r, const pyw_alias *alias, const char *target)
{
    if (!r->filename) {
        return 0;
    }
    if (alias->is_module) {
        return strncmp(r->filename, module_prefix, sizeof(module_prefix) - 1) == 0 &&
               strcmp(r->filename + sizeof(module_prefix) - 1, target) == 0;
    }
    return pyw_mount_covered(r->filename, target) >= 0;
}

/* Resets used_path_info, which httpd has set from the request's first directory. */
static pyw_mount *record_new_mount(request_rec *r, const pyw_alias *alias)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    pyw_mount *mount = record_mount(r, alias);

    mount->filename = r->filename;
    r->used_path_info = core->accept_path_info <= AP_REQ_DEFAULT_PATH_INFO ? core->accept_path_info
                                                                           : AP_REQ_DEFAULT_PATH_INFO; /* not set */
    return mount;
}

/* The mount that translate_name would find for the current URL and file of the request. */
static pyw_mount *find_mount(request_rec *r)
{
    const apr_array_header_t *aliases = aliases_of(r);

    for (int i = 0; i < aliases->nelts; i++) {
        const pyw_alias *alias = &APR_ARRAY_IDX(aliases, i, const pyw_alias);
        const char *target;

        if (match_alias(r, alias, &target) >= 0) {
            return leads_to(r, alias, target) ? record_new_mount(r, alias) : NULL;
        }
    }
    return NULL;
}

const pyw_mount *pyw_mount_get(request_rec *r)
{
    pyw_mount *mount = current_mount(r);

    return mount ? mount : find_mount(r);
}

/* Subrequests for files, as of MultiViews and <!--#include file= -->, skip translate_name. */
static int has_mount(request_rec *r)
{
    return current_mount(r) || ((recorded_mount(r) || r->main) && find_mount(r));
}

/* mod_mime may have replaced our handler because of the script's suffix. An explicit SetHandler stays. */
int pyw_mount_fixups(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    int has_set_handler = core->expr_handler || (core->handler && strcmp(core->handler, "none") != 0);

    if (!has_set_handler && has_mount(r)) {
        r->handler = PYW_HANDLER_NAME;
    }
    return DECLINED;
}
