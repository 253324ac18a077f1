/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scripts/script_owner.h"

#include <http_log.h>

#include "base/log.h"
#include "httpd/log/log.h"

APLOG_USE_MODULE(pywsgi);

#define NEEDED (APR_FINFO_OWNER | APR_FINFO_PROT)

/* The problem of the file's owner or permissions; NULL: none. */
static const char *fault_of(const pyw_httpd_options *options, const apr_finfo_t *file)
{
    if (file->protection & APR_FPROT_WWRITE) {
        return "is writable by everybody";
    }
    if (options->script_user && file->user != options->script_uid) {
        return "does not belong to the user of script-user";
    }
    if (options->script_user && file->protection & APR_FPROT_GWRITE) {
        return "is writable by its group";
    }
    if (options->script_group && file->group != options->script_gid) {
        return "does not belong to the group of script-group";
    }
    return NULL;
}

static int check_file(request_rec *r, const pyw_group *group, const char *path)
{
    apr_finfo_t file;
    apr_status_t rv = apr_stat(&file, path, NEEDED, r->pool);
    const char *fault = rv == APR_SUCCESS ? fault_of(&group->options->httpd, &file) : "cannot be examined";

    if (!fault) {
        return OK;
    }
    pyw_log_rerror(APLOG_MARK, APLOG_ERR, rv, r, PYWNO(0155) "%s %s: it is not run in the process group '%s'", path,
                   fault, group->options->name);
    return HTTP_FORBIDDEN;
}

int pyw_script_owner_check(request_rec *r, const pyw_target *target)
{
    const pyw_group *group = target->group;
    int status;

    if (!group || target->spec.kind != PYW_TARGET_SCRIPT ||
        (!group->options->httpd.script_user && !group->options->httpd.script_group)) {
        return OK;
    }
    status = check_file(r, group, r->filename);
    return status == OK ? check_file(r, group, ap_make_dirstr_parent(r->pool, r->filename)) : status;
}
