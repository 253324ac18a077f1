/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/uses.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"

APLOG_USE_MODULE(pywsgi);

/* The group whose name is nearest to a misspelt one; NULL: none is near. */
static const char *nearest_group(const pyw_check *check, const char *name)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    const char **names = apr_pcalloc(check->pool, sizeof(*names) * ((size_t)groups->nelts + 1));

    for (int i = 0; i < groups->nelts; i++) {
        names[i] = APR_ARRAY_IDX(groups, i, const pyw_group *)->options->name;
    }
    return pyw_suggest(name, names);
}

static int is_import(const pyw_group_use *use)
{
    return strcmp(use->directive, "WSGIImportScript") == 0;
}

/*
 * Only the requests that use the group fail, so httpd starts, as with mod_wsgi. Without its group a script of
 * WSGIImportScript would never run. `request`: which requests fail. 0: an error was logged.
 */
static int report(const pyw_check *check, const pyw_group_use *use, const char *problem, const char *request)
{
    if (!is_import(use)) {
        APR_ARRAY_PUSH(pyw_config_main()->warnings, const char *) =
            apr_psprintf(check->pool, "%s: %s: process group '%s' %s; a request %s gets status 500", use->place,
                         use->directive, use->name, problem, request);
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf, PYWNO(0102) "%s: %s: process group '%s' %s",
                 use->place, use->directive, use->name, problem);
    return 0;
}

static int report_undefined(const pyw_check *check, const pyw_group_use *use)
{
    const char *meant = nearest_group(check, use->name);
    const char *problem = apr_psprintf(check->pool, "is not defined: add \"WSGIDaemonProcess %s\"", use->name);

    if (strncmp(use->name, "%{", 2) == 0) {
        problem = "is not defined, and there is no variable of that name; known are " PYW_GROUP_VARIABLES;
    }
    else if (meant) {
        problem = apr_psprintf(check->pool, "is not defined, did you mean '%s'? Otherwise add \"WSGIDaemonProcess %s\"",
                               meant, use->name);
    }
    return report(check, use, problem, "that uses it");
}

static int report_elsewhere(const pyw_check *check, const pyw_group_use *use, const pyw_group *group)
{
    return report(
        check, use,
        apr_psprintf(check->pool,
                     "belongs to the virtual host of %s, and only hosts of that ServerName may use it; define "
                     "it outside of <VirtualHost> to share it",
                     group->defined_at),
        "to another host");
}

static int report_service(const pyw_check *check, const pyw_group_use *use, const pyw_group *group)
{
    return report(check, use,
                  apr_psprintf(check->pool,
                               "is a service group (threads=0, at %s), which serves no requests: use another group, or "
                               "set threads=",
                               group->defined_at),
                  "that uses it");
}

static int check_use(const pyw_check *check, const pyw_group_use *use)
{
    const pyw_group *elsewhere, *group;

    if (!*use->name) {
        return 1;
    }
    group = pyw_config_find_group(use->server, use->name, &elsewhere);
    if (!group) {
        return elsewhere ? report_elsewhere(check, use, elsewhere) : report_undefined(check, use);
    }
    return group->options->worker.threads > 0 || is_import(use) ? 1 : report_service(check, use, group);
}

int pyw_check_uses(pyw_check *check)
{
    const apr_array_header_t *uses = pyw_config_main()->uses;
    int fine = 1;

    for (int i = 0; i < uses->nelts; i++) {
        fine = check_use(check, &APR_ARRAY_IDX(uses, i, const pyw_group_use)) && fine;
    }
    return fine;
}
