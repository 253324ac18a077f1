/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scripts/access.h"

#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <string.h>

#include "base/log.h"
#include "httpd/log/log.h"
#include "httpd/scripts/call.h"

APLOG_USE_MODULE(pywsgi);

/* The name of the client's host if HostnameLookups or a Require host has looked it up, else its address. */
static const char *host_of(request_rec *r)
{
    const char *host = ap_get_useragent_host(r, REMOTE_HOST, NULL);

    return host ? host : r->useragent_ip;
}

static int take_decision(const pyw_call *call, const char *answer)
{
    if (strcmp(answer, "granted") == 0) {
        return OK;
    }
    if (strcmp(answer, "undecided") == 0) {
        return DECLINED;
    }
    if (strcmp(answer, "denied") == 0) {
        pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, call->r,
                       PYWNO(0295) "WSGIAccessScript: allow_access() of %s denies "
                                   "access to %s",
                       call->script->path, call->r->uri);
        return HTTP_FORBIDDEN;
    }
    pyw_call_log_unexpected(call);
    return HTTP_INTERNAL_SERVER_ERROR;
}

static int check_access(request_rec *r)
{
    const pyw_script *script = pyw_config_request(r)->access_script;
    const char *answer;
    pyw_call call;

    if (!script) {
        return DECLINED;
    }
    pyw_call_init(&call, r, script, "WSGIAccessScript", "allow_access");
    apr_table_setn(call.arguments, PYW_CALL_HOST, host_of(r));
    answer = pyw_call_run(&call);
    return answer ? take_decision(&call, answer) : HTTP_INTERNAL_SERVER_ERROR;
}

void pyw_access_register(void)
{
    ap_hook_check_access(check_access, NULL, NULL, APR_HOOK_MIDDLE, AP_AUTH_INTERNAL_PER_CONF);
}
