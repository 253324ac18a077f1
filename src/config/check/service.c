/* SPDX-License-Identifier: Apache-2.0 */
/* Service groups: threads=0, a program of WSGIImportScript, and no requests. */
#include "config/check/service.h"

#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <string.h>

#include "base/log.h"
#include "config/check/group.h"

APLOG_USE_MODULE(pywsgi);

static int is_service(const pyw_group *group)
{
    return group->options->worker.threads == 0;
}

int pyw_check_service_use(const pyw_group_use *use, const pyw_group *group)
{
    if (!is_service(group) || strcmp(use->directive, "WSGIImportScript") == 0) {
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                 PYWNO(0108) "%s: %s: process group '%s' is a service group (threads=0, at %s), which serves no "
                             "requests: use another group, or set threads=",
                 use->place, use->directive, use->name, group->defined_at);
    return 0;
}

static int check_service(const pyw_group *group)
{
    const pyw_group_options *options = group->options;

    if (options->worker.imports->nelts == 0) {
        ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                     PYWNO(0109) "%s: WSGIDaemonProcess %s: threads=0 makes it a service group, which needs a program: "
                                 "add \"WSGIImportScript /path/to/program.py process-group=%s\"",
                     group->defined_at, options->name, options->name);
        return 0;
    }
    if (options->manager.preload || options->manager.processes_least != options->manager.processes) {
        return pyw_check_group_error(group,
                                     "option '%s' is for groups that serve requests, but threads=0 makes this a "
                                     "service group: remove one of the two",
                                     options->manager.preload ? "preload" : "processes");
    }
    return 1;
}

int pyw_check_services(void)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    int fine = 1;

    for (int i = 0; i < groups->nelts; i++) {
        const pyw_group *group = APR_ARRAY_IDX(groups, i, const pyw_group *);

        if (is_service(group)) {
            fine = check_service(group) && fine;
        }
    }
    return fine;
}
