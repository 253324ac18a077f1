/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/status.h"

#include <apr_strings.h>

#include "config/directives/directives.h"

const char *pyw_directive_status(cmd_parms *cmd, void *dir, const char *text, const char *option)
{
    pyw_dir_config *config = dir;
    const char *error = pyw_directive_set_switch(cmd, text, &config->status);

    if (error) {
        return error;
    }
    if (option && ap_cstr_casecmp(option, "hide-query") != 0) {
        return apr_psprintf(cmd->pool, "WSGIStatus: unknown option '%s'; known is hide-query", option);
    }
    config->status_hides_query = option ? PYW_ON : PYW_OFF;
    return NULL;
}
