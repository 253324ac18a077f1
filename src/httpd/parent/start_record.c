/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/start_record.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>

#include "base/log.h"
#include "base/version.h"
#include "config/config.h"

APLOG_USE_MODULE(pywsgi);

enum { GROUPS_MOST = 20 };

/* "cpython311" of "/usr/lib/.../pywsgi_cpython311.so" */
static const char *engine_name(apr_pool_t *pool, const char *path)
{
    const char *name = path ? apr_filepath_name_get(path) : "no engine";

    if (strncmp(name, "pywsgi_", 7) == 0) {
        name += 7;
    }
    return apr_pstrmemdup(pool, name, strcspn(name, "."));
}

/* "blog (2 x 15, cpython311)" */
static const char *describe_group(apr_pool_t *pool, const pyw_group *group)
{
    const pyw_group_options *options = group->options;

    return apr_psprintf(pool, "%s (%d x %d, %s)", options->name, (int)options->manager.processes,
                        (int)options->worker.threads, engine_name(pool, options->worker.engine));
}

static const char *describe_groups(apr_pool_t *pool)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    const char *text = groups->nelts > 0 ? "" : "none";

    for (int i = 0; i < groups->nelts && i < GROUPS_MOST; i++) {
        text = apr_pstrcat(pool, text, i > 0 ? ", " : "",
                           describe_group(pool, APR_ARRAY_IDX(groups, i, const pyw_group *)), NULL);
    }
    return groups->nelts > GROUPS_MOST ? apr_psprintf(pool, "%s and %d more", text, groups->nelts - GROUPS_MOST) : text;
}

void pyw_start_record(apr_pool_t *pool, server_rec *main_server)
{
    const char *embedded =
        pyw_config_wants_embedded(main_server) ? engine_name(pool, pyw_config_main()->embedded_engine) : "none";

    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server,
                 PYWNO(0274) "mod_pywsgi/%s: process groups (processes x threads, engine): %s; embedded: %s",
                 PYW_VERSION, describe_groups(pool), embedded);
}
