/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/request/admission.h"

#include <apr_strings.h>
#include <string.h>

#include "config/config.h"
#include "config/options/parse/value.h"

enum { CONCURRENCY_MOST = 100 * 1000, LOCATIONS_MOST = 63 };

const char *pyw_directive_concurrency(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_dir_config *config = dir;
    long long number;

    if (!pyw_value_number(text, 10, &number) || number < 1 || number > CONCURRENCY_MOST) {
        return apr_psprintf(cmd->pool, "WSGIConcurrency cannot be '%s': it must be a number of requests from 1 to %d",
                            text, CONCURRENCY_MOST);
    }
    if (pyw_config_main()->concurrency_locations == LOCATIONS_MOST) {
        return apr_psprintf(cmd->pool, "WSGIConcurrency can be used %d times at most", LOCATIONS_MOST);
    }
    config->concurrency = (int)number;
    config->concurrency_location = ++pyw_config_main()->concurrency_locations;
    return NULL;
}

const char *pyw_directive_priority(cmd_parms *cmd, void *dir, const char *text)
{
    pyw_dir_config *config = dir;

    if (ap_cstr_casecmp(text, "High") == 0) {
        config->priority = PYW_ON;
    }
    else if (ap_cstr_casecmp(text, "Normal") == 0) {
        config->priority = PYW_OFF;
    }
    else {
        return apr_psprintf(cmd->pool, "WSGIPriority cannot be '%s': it must be High or Normal", text);
    }
    return NULL;
}
