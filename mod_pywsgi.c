/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mod_pywsgi: Python WSGI applications in Apache httpd. The module record and the hooks. docs/internals/ARCHITECTURE.md
 * describes the rest.
 */
#include <httpd.h>

#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#include "config/check/check.h"
#include "config/config.h"
#include "config/directives/table.h"
#include "config/names.h"
#include "httpd/child.h"
#include "httpd/doctor/doctor.h"
#include "httpd/handler.h"
#include "httpd/log/json.h"
#include "httpd/mount.h"
#include "httpd/parent/generations.h"
#include "httpd/parent/parent.h"
#include "httpd/parent/scrub.h"
#include "httpd/request/id.h"
#include "httpd/scripts/access.h"
#include "httpd/scripts/authn.h"
#include "httpd/scripts/authz.h"
#include "httpd/scripts/tls.h"
#include "httpd/status/faults.h"
#include "httpd/status/server_status.h"
#include "httpd/status/status.h"
#include "httpd/timing.h"
#include "mod_pywsgi.h"

/* The optional function is registered under its public name. */
static const char *pywsgi_process_group(request_rec *r)
{
    return pyw_handler_process_group(r);
}

static void register_hooks(apr_pool_t *pool)
{
    /* After mod_alias, so that an Alias for static files inside a mounted application wins; before mod_userdir. */
    static const char *const after_alias[] = {"mod_alias.c", NULL};
    static const char *const before_userdir[] = {"mod_userdir.c", "mod_vhost_alias.c", NULL};
    /* http_core answers TRACE, or refuses it according to TraceEnable, in map_to_storage. */
    static const char *const after_http[] = {"http_core.c", NULL};

    if (!pyw_names_link(pool)) {
        return;
    }
    ap_hook_pre_config(pyw_names_pre_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_pre_config(pyw_parent_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pyw_config_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pyw_doctor_check_config, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_post_config(pyw_scrub_post_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_config(pyw_parent_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(pyw_parent_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_status(pyw_generations_child_status, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(pyw_child_init, NULL, NULL, APR_HOOK_MIDDLE);
    pyw_json_log_register();
    pyw_request_id_register();
    ap_hook_create_request(pyw_timing_create_request, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_translate_name(pyw_mount_translate_name, after_alias, before_userdir, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(pyw_mount_map_to_storage, after_http, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(pyw_mount_fixups, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(pyw_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(pyw_status_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_error_log(pyw_httpd_faults_note, NULL, NULL, APR_HOOK_MIDDLE);
    pyw_server_status_register();
    pyw_access_register();
    pyw_authn_register(pool);
    pyw_authz_register(pool);
    pyw_tls_register();
    APR_REGISTER_OPTIONAL_FN(pywsgi_process_group);
}

/* clang-format off */
AP_DECLARE_MODULE(pywsgi) = {
    STANDARD20_MODULE_STUFF,
    pyw_config_create_dir,
    pyw_config_merge_dir,
    pyw_config_create_server,
    pyw_config_merge_server,
    pyw_config_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE,
};
