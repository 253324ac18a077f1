/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/request/deadline.h"

#include <apr_strings.h>

#include "config/config.h"
#include "config/options/parse/value.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

const char *pyw_directive_request_timeout(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_dir_config *config = dir;
    long long milliseconds;

    if (!pyw_value_duration(text, &milliseconds) || milliseconds < 0 || milliseconds > DAY_MS) {
        return apr_psprintf(cmd->pool,
                            "WSGIRequestTimeout cannot be '%s': it must be seconds, or a number with ms, s, min or h, "
                            "of at most 24h; 0 is no limit",
                            text);
    }
    config->request_timeout = milliseconds * 1000;
    return NULL;
}

const char *pyw_directive_client_gone(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_dir_config *config = dir;

    if (ap_cstr_casecmp(text, "Interrupt") != 0 && ap_cstr_casecmp(text, "Ignore") != 0) {
        return apr_psprintf(cmd->pool, "WSGIClientGone cannot be '%s': it must be Interrupt or Ignore", text);
    }
    config->interrupts_gone = ap_cstr_casecmp(text, "Interrupt") == 0 ? PYW_ON : PYW_OFF;
    return NULL;
}
