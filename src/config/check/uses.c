/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/uses.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "config/check/service.h"

APLOG_USE_MODULE(pywsgi);

/* Whether a section applies to the requests of an alias. */
typedef enum { NEVER, PERHAPS, CERTAINLY } coverage;

static coverage certainly_if(int condition)
{
    return condition ? CERTAINLY : NEVER;
}

static int is_setting(const pyw_group_use *use)
{
    return strcmp(use->directive, "WSGIProcessGroup") == 0;
}

/* "/srv" and "/srv/" contain "/srv/blog.wsgi", but not "/srv2". */
static int contains(const char *outer, const char *inner)
{
    size_t length = strlen(outer);

    while (length > 0 && outer[length - 1] == '/') {
        length--;
    }
    return strncmp(outer, inner, length) == 0 && (inner[length] == '/' || inner[length] == '\0');
}

static int has_pattern(const char *text)
{
    return strpbrk(text, "*?[](){}^$|+\\") != NULL;
}

static coverage covers_path(const pyw_group_use *use, const pyw_alias *alias)
{
    const char *name;

    if (has_pattern(use->section) || alias->regex) {
        return PERHAPS;
    }
    if (use->is_location) {
        return certainly_if(contains(use->section, alias->url) || contains(alias->url, use->section));
    }
    if (alias->is_module) {
        return NEVER; /* it has no file */
    }
    if (*use->section == '/') {
        return certainly_if(contains(use->section, alias->target));
    }
    name = strrchr(alias->target, '/');
    return certainly_if(strcmp(name ? name + 1 : alias->target, use->section) == 0);
}

static coverage covers(const pyw_group_use *use, const server_rec *server, const pyw_alias *alias)
{
    if (!is_setting(use) || !use->section || (use->server->is_virtual && use->server != server)) {
        return NEVER;
    }
    return covers_path(use, alias);
}

/* Whether a section sets another group for requests of the alias. */
static int is_overridden(const pyw_group_use *use, const server_rec *server, const pyw_alias *alias)
{
    const apr_array_header_t *uses = pyw_config_main()->uses;

    for (int i = 0; i < uses->nelts; i++) {
        const pyw_group_use *other = &APR_ARRAY_IDX(uses, i, const pyw_group_use);

        if (strcmp(other->name, use->name) != 0 && covers(other, server, alias) != NEVER) {
            return 1;
        }
    }
    return 0;
}

/* Whether requests of the alias take their group from this WSGIProcessGroup. */
static int takes_group(const pyw_group_use *use, server_rec *server, const pyw_alias *alias)
{
    const pyw_dir_config *config = ap_get_module_config(server->lookup_defaults, &pywsgi_module);
    int applies = use->section ? covers(use, server, alias) == CERTAINLY
                               : config->process_group && strcmp(config->process_group, use->name) == 0;

    return applies && !alias->process_group && !is_overridden(use, server, alias);
}

static int is_used_in(const pyw_group_use *use, server_rec *server)
{
    const apr_array_header_t *aliases = pyw_config_server(server)->aliases;

    for (int i = 0; i < aliases->nelts; i++) {
        if (takes_group(use, server, &APR_ARRAY_IDX(aliases, i, const pyw_alias))) {
            return 1;
        }
    }
    return 0;
}

/* Virtual hosts inherit the settings of the main server, and may define a group that the main server lacks. */
static int fails_in(const pyw_group_use *use, server_rec *server)
{
    const pyw_group *elsewhere;

    return (!use->server->is_virtual || use->server == server) &&
           !pyw_config_find_group(server, use->name, &elsewhere) && is_used_in(use, server);
}

/* An option of an alias is always used. A WSGIProcessGroup is used if it is the innermost setting for an alias. */
static int is_used(const pyw_check *check, const pyw_group_use *use)
{
    int is_used_somewhere = !is_setting(use);

    for (server_rec *server = check->server; server && !is_used_somewhere; server = server->next) {
        is_used_somewhere = fails_in(use, server);
    }
    return is_used_somewhere;
}

/* Returns 1: the start continues. */
static int warn(const pyw_check *check, const pyw_group_use *use, const char *problem)
{
    APR_ARRAY_PUSH(pyw_config_main()->warnings, const char *) =
        apr_psprintf(check->pool, "%s: %s: process group '%s' %s; a request that uses it gets status 500", use->place,
                     use->directive, use->name, problem);
    return 1;
}

static int check_elsewhere(const pyw_check *check, const pyw_group_use *use, const pyw_group *group)
{
    const char *problem = apr_psprintf(check->pool,
                                       "belongs to the virtual host of %s, and only hosts of that ServerName may use "
                                       "it; define it outside of <VirtualHost> to share it",
                                       group->defined_at);

    if (!is_used(check, use)) {
        return warn(check, use, problem);
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf, PYWNO(0101) "%s: %s: process group '%s' %s",
                 use->place, use->directive, use->name, problem);
    return 0;
}

/* The group whose name is most similar to a misspelt name; NULL: none is similar. */
static const char *nearest_group(const pyw_check *check, const char *name)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    const char **names = apr_pcalloc(check->pool, sizeof(*names) * ((size_t)groups->nelts + 1));

    for (int i = 0; i < groups->nelts; i++) {
        names[i] = APR_ARRAY_IDX(groups, i, const pyw_group *)->options->name;
    }
    return pyw_suggest(name, names);
}

static int check_undefined(const pyw_check *check, const pyw_group_use *use)
{
    const char *meant = nearest_group(check, use->name);
    const char *problem = meant ? apr_psprintf(check->pool,
                                               "is not defined, did you mean '%s'? Otherwise add \"WSGIDaemonProcess "
                                               "%s\"",
                                               meant, use->name)
                                : apr_psprintf(check->pool, "is not defined: add \"WSGIDaemonProcess %s\"", use->name);

    if (!is_used(check, use)) {
        return warn(check, use, problem);
    }
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf, PYWNO(0102) "%s: %s: process group '%s' %s",
                 use->place, use->directive, use->name, problem);
    return 0;
}

static int check_use(const pyw_check *check, const pyw_group_use *use)
{
    const pyw_group *elsewhere, *group;

    if (!*use->name) {
        return 1;
    }
    group = pyw_config_find_group(use->server, use->name, &elsewhere);
    if (group) {
        return pyw_check_service_use(use, group);
    }
    return elsewhere ? check_elsewhere(check, use, elsewhere) : check_undefined(check, use);
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
