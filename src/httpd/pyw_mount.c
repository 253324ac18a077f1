/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_mount.h"

#include <apr_strings.h>
#include <http_request.h>

/*
 * How many bytes of `uri` the prefix covers, -1 if it is not a prefix of whole segments. A run of slashes counts
 * as one, as mod_alias has it.
 */
static apr_ssize_t prefix_length(const char *uri, const char *prefix)
{
    const char *at = uri;

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
    return *at == '\0' || *at == '/' ? at - uri : -1;
}

/* The bytes of r->uri that the alias covers, -1 if none; *target is what they lead to. */
static apr_ssize_t match(request_rec *r, const pyw_alias *alias, const char **target)
{
    ap_regmatch_t groups[AP_MAX_REG_MATCH];

    *target = alias->target;
    if (!alias->regex) {
        return prefix_length(r->uri, alias->url);
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
static void map(request_rec *r, pyw_mount *mount, const char *target, const char *rest)
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

static int mount_on(request_rec *r, const pyw_alias *alias)
{
    const char *target;
    apr_ssize_t covered = match(r, alias, &target);
    pyw_mount *mount;

    if (covered < 0) {
        return 0;
    }
    mount = apr_pcalloc(r->pool, sizeof(*mount));
    mount->alias = alias;
    if (alias->is_module) {
        mount->path_info = r->uri + covered;
        r->filename = apr_pstrcat(r->pool, "pywsgi:", target, NULL);
    }
    else {
        map(r, mount, target, r->uri + covered);
    }
    r->handler = PYW_HANDLER_NAME;
    ap_set_module_config(r->request_config, &pywsgi_module, mount);
    return 1;
}

const pyw_mount *pyw_mount_get(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &pywsgi_module);
}

int pyw_mount_translate_name(request_rec *r)
{
    const apr_array_header_t *aliases = pyw_config_server(r->server)->aliases;

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

/* Ahead of the core's: an importable application has no file to walk to, a script's PATH_INFO is known already. */
int pyw_mount_map_to_storage(request_rec *r)
{
    const pyw_mount *mount = pyw_mount_get(r);
    int status;

    if (!mount || !mount->path_info) {
        return DECLINED;
    }
    if (mount->alias->is_module) {
        r->path_info = apr_pstrdup(r->pool, mount->path_info);
        return OK;
    }
    status = ap_directory_walk(r);
    if (status == OK) {
        status = ap_file_walk(r);
    }
    r->path_info = apr_pstrdup(r->pool, mount->path_info);
    return status;
}

/* mod_mime may have put another handler in place of ours because of the script's suffix. */
int pyw_mount_fixups(request_rec *r)
{
    if (pyw_mount_get(r)) {
        r->handler = PYW_HANDLER_NAME;
    }
    return DECLINED;
}
