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

/* The bytes of r->uri that the alias covers, -1 if none; *target is what they lead to. */
static apr_ssize_t match_alias(request_rec *r, const pyw_alias *alias, const char **target)
{
    ap_regmatch_t groups[AP_MAX_REG_MATCH];

    *target = alias->target;
    if (!alias->regex) {
        return pyw_mount_covered(r->uri, alias->url);
    }
    if (ap_regexec(alias->regex, r->uri, AP_MAX_REG_MATCH, groups, 0) != 0) {
        return -1;
    }
    *target = ap_pregsub(r->pool, alias->target, r->uri, AP_MAX_REG_MATCH, groups);
    return *target ? groups[0].rm_eo : -1;
}

/*
 * A file takes the rest of the URL as PATH_INFO at once: httpd is never asked to look up script + rest as one path,
 * which fails for a long rest. For a directory of scripts the directory walk finds the script.
 */
static void map_alias(request_rec *r, pyw_mount *mount, const char *target, const char *rest)
{
    /* Where it is found, the directory walk finds it, too, and does not ask again. */
    if (apr_stat(&r->finfo, target, APR_FINFO_MIN, r->pool) == APR_SUCCESS && r->finfo.filetype == APR_REG) {
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

/* What r->filename of an importable application begins with. */
static const char module_prefix[] = "pywsgi:";

/* Calls it a file: mod_dir redirects to nothing else, mod_negotiation and mod_speling search for anything else. */
static void map_module(request_rec *r, pyw_mount *mount, const char *target, const char *rest)
{
    mount->path_info = rest;
    r->filename = apr_pstrcat(r->pool, module_prefix, target, NULL);
    r->finfo.filetype = APR_REG;
}

static pyw_mount *record(request_rec *r, const pyw_alias *alias)
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
    mount = record(r, alias);
    if (alias->is_module) {
        map_module(r, mount, target, r->uri + covered);
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

static pyw_mount *recorded(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &pywsgi_module);
}

/*
 * The record of translate_name, if the request is still about the file that it was made for. mod_dir and
 * mod_negotiation put a subrequest in the request's place (ap_internal_fast_redirect), without its record.
 */
static pyw_mount *current(const request_rec *r)
{
    pyw_mount *mount = recorded(r);

    return mount && mount->filename == r->filename ? mount : NULL;
}

/* Ahead of the core's: an importable application has no file to walk to, a script's PATH_INFO is known already. */
int pyw_mount_map_to_storage(request_rec *r)
{
    pyw_mount *mount = current(r);
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

/* Does the alias lead to the file that the request is about? `target` is what it leads to for this URL. */
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

/* AcceptPathInfo was taken from the directory that the request came to first. */
static pyw_mount *record_again(request_rec *r, const pyw_alias *alias)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    pyw_mount *mount = record(r, alias);

    mount->filename = r->filename;
    r->used_path_info = core->accept_path_info <= AP_REQ_DEFAULT_PATH_INFO ? core->accept_path_info
                                                                           : AP_REQ_DEFAULT_PATH_INFO; /* not set */
    return mount;
}

/* The mount that translate_name would have found for the URL and the file that the request has now. */
static pyw_mount *find_again(request_rec *r)
{
    const apr_array_header_t *aliases = aliases_of(r);

    for (int i = 0; i < aliases->nelts; i++) {
        const pyw_alias *alias = &APR_ARRAY_IDX(aliases, i, const pyw_alias);
        const char *target;

        if (match_alias(r, alias, &target) >= 0) {
            return leads_to(r, alias, target) ? record_again(r, alias) : NULL;
        }
    }
    return NULL;
}

const pyw_mount *pyw_mount_get(request_rec *r)
{
    pyw_mount *mount = current(r);

    return mount ? mount : find_again(r);
}

/* A subrequest for a file does not pass translate_name: the variants of MultiViews, <!--#include file= -->. */
static int is_of_an_alias(request_rec *r)
{
    if (current(r)) {
        return 1;
    }
    return (recorded(r) || r->main) && find_again(r);
}

static int has_set_handler(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    return core->expr_handler || (core->handler && strcmp(core->handler, "none") != 0);
}

/* mod_mime may have put another handler in place of ours because of the script's suffix. SetHandler is meant. */
int pyw_mount_fixups(request_rec *r)
{
    if (is_of_an_alias(r) && !has_set_handler(r)) {
        r->handler = PYW_HANDLER_NAME;
    }
    return DECLINED;
}
