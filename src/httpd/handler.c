/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/handler.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

#include "base/log.h"
#include "httpd/backend/daemon.h"
#include "httpd/bypass.h"
#include "httpd/embedded/embedded.h"
#include "httpd/log/json.h"
#include "httpd/log/log.h"
#include "httpd/log/notes.h"
#include "httpd/metrics/metrics.h"
#include "httpd/mount.h"
#include "httpd/request/body.h"
#include "httpd/response/error_page.h"
#include "httpd/scripts/dispatch.h"
#include "httpd/scripts/script_owner.h"
#include "httpd/status/in_flight.h"
#include "httpd/target.h"

APLOG_USE_MODULE(pywsgi);

static int is_our_handler(const request_rec *r)
{
    return r->handler &&
           (strcmp(r->handler, PYW_HANDLER_NAME) == 0 || strcmp(r->handler, "application/x-httpd-wsgi") == 0);
}

/* The script of the WSGIHandlerScript for the request's handler; NULL: none. */
static const pyw_script *script_of_handler(const request_rec *r)
{
    const pyw_dir_config *config = pyw_config_request(r);

    return config->handler_scripts && r->handler
               ? apr_hash_get(config->handler_scripts, r->handler, APR_HASH_KEY_STRING)
               : NULL;
}

/* A script without an alias needs Options ExecCGI, like a CGI script. */
static int check_script(request_rec *r, const pyw_alias *alias)
{
    if (alias && alias->is_module) {
        return OK;
    }
    if (!alias && !(ap_allow_options(r) & OPT_EXECCGI)) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0204) "Options ExecCGI is off in this directory, so %s is not run", r->filename);
        return HTTP_FORBIDDEN;
    }
    if (r->finfo.filetype == APR_NOFILE) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, PYWNO(0205) "script not found: %s", r->filename);
        return HTTP_NOT_FOUND;
    }
    if (r->finfo.filetype == APR_DIR) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, PYWNO(0206) "%s is a directory, not a script", r->filename);
        return HTTP_FORBIDDEN;
    }
    if (r->finfo.filetype != APR_REG) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, PYWNO(0207) "%s is not a regular file", r->filename);
        return HTTP_FORBIDDEN;
    }
    return OK;
}

static int check_request(request_rec *r, const pyw_target *target)
{
    if (r->used_path_info == AP_REQ_REJECT_PATH_INFO && *target->path_info) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, PYWNO(0208) "AcceptPathInfo is off: %s does not accept a path",
                       r->filename);
        return HTTP_NOT_FOUND;
    }
    if (target->config->chunked_request == PYW_OFF && apr_table_get(r->headers_in, "Transfer-Encoding")) {
        pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, PYWNO(0209) "WSGIChunkedRequest is Off: chunked request refused");
        return HTTP_LENGTH_REQUIRED;
    }
    return pyw_body_check_limit(r);
}

static const pyw_alias *alias_of(request_rec *r)
{
    const pyw_mount *mount = pyw_mount_get(r);

    return mount ? mount->alias : NULL;
}

/* Sets the target's names from the directives. Returns OK, or a status. */
static int resolve_script(request_rec *r, pyw_target *target)
{
    const pyw_alias *alias = alias_of(r);
    int status = check_script(r, alias);

    if (status == OK) {
        pyw_target_resolve(r, alias, target);
    }
    return status == OK && !alias ? pyw_bypass_check(r, target) : status;
}

static int resolve_target(request_rec *r, pyw_target *target)
{
    int status = OK;

    if (is_our_handler(r)) {
        status = resolve_script(r, target);
    }
    else {
        pyw_target_resolve_handler(r, script_of_handler(r), target);
    }
    if (status == OK && target->config->dispatch_script) {
        status = pyw_dispatch(r, target);
    }
    return status == OK ? pyw_target_select(r, target) : status;
}

const char *pyw_handler_process_group(request_rec *r)
{
    const pyw_script *script = script_of_handler(r);
    pyw_target target;

    if (!script && !is_our_handler(r)) {
        return NULL;
    }
    if (is_our_handler(r)) {
        pyw_target_resolve(r, alias_of(r), &target);
    }
    else {
        pyw_target_resolve_handler(r, script, &target);
    }
    if (target.config->dispatch_script) {
        return pyw_dispatch_result(r);
    }
    return pyw_target_select(r, &target) == OK ? target.process_group : NULL;
}

static int serve_application(request_rec *r)
{
    pyw_target target;
    int status = resolve_target(r, &target);

    if (status == OK) {
        status = pyw_script_owner_check(r, &target);
    }
    if (status == OK) {
        status = check_request(r, &target);
    }
    if (status != OK) {
        return status;
    }
    pyw_timing_take(&target.timing, r, pyw_config_request_timeout(target.config, target.group));
    if (pyw_json_log_is_open()) {
        apr_table_setn(r->notes, "pywsgi-group", target.group ? target.group->options->name : "%{GLOBAL}");
    }
    target.measure.series = pyw_metrics_series(r, target.group);
    pyw_in_flight_begin(r, &target);
    status = target.group ? pyw_daemon_serve(r, &target) : pyw_embedded_serve(r, &target);
    pyw_in_flight_end(&target);
    pyw_metrics_count(r, &target, status);
    if (pyw_log_notes_are_wanted()) {
        pyw_log_notes_set(r, &target);
    }
    return status;
}

int pyw_handler(request_rec *r)
{
    int status;

    if (!is_our_handler(r) && !script_of_handler(r)) {
        return DECLINED;
    }
    status = serve_application(r);
    if (ap_is_HTTP_SERVER_ERROR(status)) {
        pyw_error_page_prepare(r, status);
    }
    return status;
}
