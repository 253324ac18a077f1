/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/facts.h"

#include <httpd.h>

#include <ap_mpm.h>
#include <apr_strings.h>

static int mpm_value(int query)
{
    int value = 0;

    return ap_mpm_query(query, &value) == APR_SUCCESS && value > 0 ? value : 1;
}

const char *pyw_facts_text(apr_pool_t *pool)
{
    ap_version_t version;

    ap_get_server_revision(&version);
    return apr_psprintf(pool, "%d.%d.%d\t%s\t%d\t%d\t%s\t%s", version.major, version.minor, version.patch,
                        ap_show_mpm(), mpm_value(AP_MPMQ_MAX_DAEMONS), mpm_value(AP_MPMQ_MAX_THREADS),
                        ap_get_server_built(), ap_get_server_description());
}
