/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scripts/authz.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>
#include <string.h>

#include "base/log.h"
#include "httpd/log/log.h"
#include "httpd/scripts/call.h"

APLOG_USE_MODULE(pywsgi);

static authz_status take_decision(const pyw_call *call, const char *groups, const char *answer)
{
    if (strcmp(answer, "granted") == 0) {
        return AUTHZ_GRANTED;
    }
    if (strcmp(answer, "denied") == 0) {
        pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, call->r,
                       PYWNO(0297) "WSGIAuthGroupScript: according to groups_for_user() of %s, the user '%s' is in "
                                   "none of these groups: %s",
                       call->script->path, call->r->user, groups);
        return AUTHZ_DENIED;
    }
    pyw_call_log_unexpected(call);
    return AUTHZ_GENERAL_ERROR;
}

/* `groups`: names, separated by newlines. */
static authz_status ask_script(request_rec *r, const pyw_script *script, const char *words, const char *groups)
{
    const char *answer;
    pyw_call call;

    pyw_call_init(&call, r, script, "WSGIAuthGroupScript", "groups_for_user");
    apr_table_setn(call.arguments, PYW_CALL_USER, r->user);
    apr_table_setn(call.arguments, PYW_CALL_GROUPS, groups);
    answer = pyw_call_run(&call);
    return answer ? take_decision(&call, words, answer) : AUTHZ_GENERAL_ERROR;
}

static authz_status check_groups(request_rec *r, const char *words, const void *groups)
{
    const pyw_script *script = pyw_config_request(r)->auth_group_script;

    if (!r->user) {
        return AUTHZ_DENIED_NO_USER;
    }
    if (!script) {
        pyw_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            PYWNO(0296) "Require wsgi-group needs a WSGIAuthGroupScript in the same section; the client gets "
                        "500");
        return AUTHZ_GENERAL_ERROR;
    }
    return ask_script(r, script, words, groups);
}

static const char *parse_groups(cmd_parms *cmd, const char *words, const void **groups)
{
    const char *names = "", *name;

    while (*(name = ap_getword_conf(cmd->pool, &words))) {
        names = apr_pstrcat(cmd->pool, names, *names ? "\n" : "", name, NULL);
    }
    *groups = names;
    return NULL;
}

static const authz_provider provider = {check_groups, parse_groups};

void pyw_authz_register(apr_pool_t *pool)
{
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, "wsgi-group", AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
