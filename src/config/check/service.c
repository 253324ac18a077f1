/* SPDX-License-Identifier: Apache-2.0 */
/* Service groups: threads=0, a program of WSGIImportScript, and no requests. */
#include "config/check/service.h"

#include <apr_strings.h>

#include "config/check/group.h"

static int is_service(const pyw_group *group)
{
    return group->options->worker.threads == 0;
}

static int check_service(const pyw_group *group)
{
    const pyw_group_options *options = group->options;

    if (options->worker.imports->nelts == 0) {
        APR_ARRAY_PUSH(pyw_config_main()->warnings, const char *) =
            apr_psprintf(pyw_config_main()->warnings->pool,
                         "%s: WSGIDaemonProcess %s: threads=0 makes it a service group, which needs a program: add "
                         "\"WSGIImportScript /path/to/program.py process-group=%s\"",
                         group->defined_at, options->name, options->name);
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
