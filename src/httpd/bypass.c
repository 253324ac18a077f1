/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/bypass.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_request.h>
#include <stdlib.h>

#include "base/log.h"
#include "httpd/log/log.h"
#include "httpd/mount.h"

APLOG_USE_MODULE(pywsgi);

typedef struct script_file {
    request_rec *r;
    const char *real_path; /* NULL: not looked up yet */
} script_file;

/* Whether the target of WSGIScriptAliasMatch contains $1 ... $9, and therefore is not a single file or directory. */
static int is_pattern(const pyw_alias *alias)
{
    const char *dollar = alias->regex ? ap_strrchr_c(alias->target, '$') : NULL;

    return dollar && apr_isdigit(dollar[1]);
}

/* Compares the text before the first $n of the target, and the text after the last; $n matches anything. */
static int fits_pattern(const char *path, const char *target)
{
    const char *last = ap_strrchr_c(target, '$');
    const char *tail = last ? last + 2 : target;
    size_t head = strcspn(target, "$"), length = strlen(path);

    return length >= head + strlen(tail) && strncmp(path, target, head) == 0 &&
           strcmp(path + length - strlen(tail), tail) == 0;
}

/* The part of `path` after the target, NULL if the target does not lead to `path`. */
static const char *rest_behind(const char *path, const pyw_alias *alias, const char *target)
{
    apr_ssize_t covered;

    if (is_pattern(alias)) {
        return fits_pattern(path, target) ? "" : NULL;
    }
    covered = pyw_mount_covered(path, target);
    return covered < 0 ? NULL : path + covered;
}

/* `path` without links, `path` itself if it cannot be resolved. */
static const char *resolve_path(apr_pool_t *pool, const char *path)
{
    char *real = realpath(path, NULL);
    const char *copy = real ? apr_pstrdup(pool, real) : path;

    free(real);
    return copy;
}

/* Resolves the links in the target; in a pattern, the links of the directory before the first $n. */
static const char *resolve_target(apr_pool_t *pool, const pyw_alias *alias)
{
    const char *rest = alias->target + strcspn(alias->target, "$");

    if (!is_pattern(alias)) {
        return resolve_path(pool, alias->target);
    }
    while (rest > alias->target && *rest != '/') {
        rest--;
    }
    return apr_pstrcat(pool, resolve_path(pool, apr_pstrmemdup(pool, alias->target, rest - alias->target)), rest, NULL);
}

/* Like rest_of, for links: compares the files, or the paths without links. */
static const char *rest_of_link(script_file *script, const pyw_alias *alias)
{
    request_rec *r = script->r;
    apr_finfo_t target;

    if (!is_pattern(alias) &&
        apr_stat(&target, alias->target, APR_FINFO_IDENT | APR_FINFO_TYPE, r->pool) == APR_SUCCESS &&
        target.filetype != APR_DIR) {
        int is_same_file = (r->finfo.valid & APR_FINFO_IDENT) == APR_FINFO_IDENT && target.inode == r->finfo.inode &&
                           target.device == r->finfo.device;

        return is_same_file ? "" : NULL;
    }
    if (!script->real_path) {
        script->real_path = resolve_path(r->pool, r->filename);
    }
    return rest_behind(script->real_path, alias, resolve_target(r->pool, alias));
}

/* The part of the script's path after the alias's target, NULL if the alias does not map the script. */
static const char *rest_of(script_file *script, const pyw_alias *alias)
{
    const char *rest;

    if (alias->is_module || !script->r->filename) {
        return NULL;
    }
    rest = rest_behind(script->r->filename, alias, alias->target);
    return rest ? rest : rest_of_link(script, alias);
}

/*
 * The configuration of a request for the script by the URL of the alias. A subrequest determines it, because <Location>
 * and similar sections may apply to that URL. The URLs of a regex are unknown.
 */
static const pyw_dir_config *config_of(request_rec *r, const pyw_alias *alias, const char *rest)
{
    const pyw_server_config *server = pyw_config_server(r->server);
    const pyw_mount *mount = NULL;
    request_rec *lookup = NULL;

    if (!alias->regex && (server->has_group_sections || server->has_callable_sections)) {
        int needs_slash = *rest ? *rest != '/' : alias->ends_with_slash;
        const char *url = apr_pstrcat(r->pool, alias->url, needs_slash ? "/" : "", rest, NULL);

        lookup = ap_sub_req_lookup_uri(ap_os_escape_path(r->pool, *url ? url : "/", 1), r, NULL);
        mount = pyw_mount_get(lookup);
    }
    return mount && mount->alias == alias ? pyw_config_request(lookup) : pyw_config_request(r);
}

int pyw_bypass_check(request_rec *r, const pyw_target *target)
{
    const apr_array_header_t *aliases = pyw_config_server(r->server)->aliases;
    const pyw_alias *first = NULL;
    const char *difference = NULL;
    script_file script = {r, NULL};

    for (int i = 0; i < aliases->nelts; i++) {
        const pyw_alias *alias = &APR_ARRAY_IDX(aliases, i, const pyw_alias);
        const char *rest = rest_of(&script, alias);

        if (rest) {
            const char *alias_difference = pyw_target_difference(r, target, alias, config_of(r, alias, rest));

            if (!alias_difference) {
                return OK;
            }
            difference = first ? difference : alias_difference;
            first = first ? first : alias;
        }
    }
    if (!first) {
        return OK;
    }
    pyw_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r,
        PYWNO(0290) "%s belongs to the alias %s; through AddHandler or SetHandler it would have %s, so it is not "
                    "run: give its directory the settings of the alias, or use the URL of the alias",
        r->filename, *first->url ? first->url : "/", difference);
    return HTTP_FORBIDDEN;
}
