/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_bypass.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_request.h>

#include "base/pyw_log.h"
#include "httpd/pyw_mount.h"

APLOG_USE_MODULE(pywsgi);

/* The target of WSGIScriptAliasMatch with anything in place of $1: what is before the first, and behind the last. */
static int fits_pattern(const char *filename, const char *target)
{
    const char *tail = ap_strrchr_c(target, '$') + 2;
    size_t head = strcspn(target, "$"), length = strlen(filename);

    return length >= head + strlen(tail) && strncmp(filename, target, head) == 0 &&
           strcmp(filename + length - strlen(tail), tail) == 0;
}

/* A link to the script is another name of it. */
static int is_same_file(const request_rec *r, const char *target)
{
    apr_finfo_t its;

    return (r->finfo.valid & APR_FINFO_IDENT) == APR_FINFO_IDENT &&
           apr_stat(&its, target, APR_FINFO_IDENT, r->pool) == APR_SUCCESS && its.inode == r->finfo.inode &&
           its.device == r->finfo.device;
}

static int maps(const request_rec *r, const pyw_alias *alias)
{
    const char *dollar = alias->regex ? ap_strrchr_c(alias->target, '$') : NULL;

    if (alias->is_module) {
        return 0;
    }
    if (dollar && apr_isdigit(dollar[1])) {
        return fits_pattern(r->filename, alias->target);
    }
    return pyw_mount_covered(r->filename, alias->target) >= 0 || is_same_file(r, alias->target);
}

/* Whether <Location> and the like may make a difference between the two ways. */
static int has_sections(const request_rec *r)
{
    const pyw_server_config *server = pyw_config_server(r->server);

    return server->has_group_sections || server->has_callable_sections;
}

/* The configuration that holds for the script by way of the alias, as far as one can tell. */
static const pyw_dir_config *config_of(request_rec *r, const pyw_alias *alias)
{
    const pyw_mount *mount = NULL;
    request_rec *lookup = NULL;

    if (!alias->regex && has_sections(r)) {
        apr_ssize_t covered = pyw_mount_covered(r->filename, alias->target);
        const char *rest = covered < 0 ? "" : r->filename + covered; /* a link is the whole of the target */
        const char *url = apr_pstrcat(r->pool, alias->url, *rest && *rest != '/' ? "/" : "", rest, NULL);

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

    for (int i = 0; i < aliases->nelts; i++) {
        const pyw_alias *alias = &APR_ARRAY_IDX(aliases, i, const pyw_alias);

        if (maps(r, alias)) {
            const char *its_difference = pyw_target_difference(r, target, alias, config_of(r, alias));

            if (!its_difference) {
                return OK;
            }
            difference = first ? difference : its_difference;
            first = first ? first : alias;
        }
    }
    if (!first) {
        return OK;
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  PYWNO(0290) "%s belongs to the alias %s; by AddHandler or SetHandler it would have %s, so it is not "
                              "run: give its directory the settings of the alias, or ask by the URL of the alias",
                  r->filename, *first->url ? first->url : "/", difference);
    return HTTP_FORBIDDEN;
}
