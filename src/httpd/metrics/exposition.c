/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/metrics/exposition.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

const char *pyw_exposition_escape(apr_pool_t *pool, const char *value)
{
    char *escaped = apr_palloc(pool, 2 * strlen(value) + 1), *to = escaped;

    for (; *value; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n') {
            *to++ = '\\';
        }
        *to++ = *value;
        if (*value == '\n') {
            to[-1] = 'n';
        }
    }
    *to = '\0';
    return escaped;
}

const char *pyw_exposition_labels(apr_pool_t *pool, const pyw_series *series)
{
    return apr_psprintf(pool, "vhost=\"%s\",group=\"%s\"", pyw_exposition_escape(pool, series->host),
                        pyw_exposition_escape(pool, series->group));
}

/* OpenMetrics omits the suffix here. */
void pyw_exposition_describe(const pyw_exposition *out, const char *name, const char *type, const char *help)
{
    const char *suffix = strcmp(type, "counter") == 0 && !out->is_openmetrics ? "_total" : "";

    ap_rprintf(out->r, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, type);
}

const char *pyw_exposition_seconds(apr_pool_t *pool, uint64_t us)
{
    return apr_psprintf(pool, "%" APR_UINT64_T_FMT ".%06u", (apr_uint64_t)(us / 1000000), (unsigned)(us % 1000000));
}
