/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/mistakes.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <string.h>
#include <strings.h>
#include <util_cfgtree.h>

#include "base/log.h"
#include "httpd/doctor/finding.h"
#include "httpd/doctor/section.h"

/* The descriptors that a worker needs besides the connections of its threads: logs, sockets, modules. */
enum { FILES_LEAST = 40 };

static const char *place_of(apr_pool_t *pool, const ap_directive_t *directive)
{
    return apr_psprintf(pool, "%s:%d", directive->filename, directive->line_num);
}

static const char *url_of(const pyw_alias *alias)
{
    return *alias->url ? alias->url : "/";
}

/* "/srv" contains "/srv/blog.wsgi"; a pattern may contain everything. */
static int may_contain(const char *section, const char *path)
{
    size_t length = strlen(section);

    while (length > 0 && section[length - 1] == '/') {
        length--;
    }
    return strpbrk(section, "*?[(^$|~") || (strncmp(section, path, length) == 0 && strchr("/", path[length]));
}

static int covers(const ap_directive_t *section, const server_rec *server, const pyw_alias *alias)
{
    const char *args = section->args;
    apr_size_t length = strlen(args);
    const char *path = apr_pstrmemdup(server->process->pconf, args, length > 0 ? length - 1 : 0); /* without ">" */

    path = ap_getword_conf(server->process->pconf, &path);
    if (strncasecmp(section->directive, "<Directory", 10) == 0) {
        return !alias->is_module && may_contain(path, alias->target);
    }
    return strncasecmp(section->directive, "<Location", 9) == 0 ? may_contain(path, url_of(alias))
                                                                : !pyw_section_is_of_other_host(section, server);
}

/* Whether the rule admits only some clients. The simulated request need not satisfy such a rule. */
static int is_selective(const ap_directive_t *directive)
{
    const char *name = directive->directive;

    return (strcasecmp(name, "Require") == 0 && strncasecmp(directive->args, "all ", 4) != 0) ||
           ((strcasecmp(name, "Allow") == 0 || strcasecmp(name, "Deny") == 0) &&
            !ap_strcasestr(directive->args, "from all")) ||
           strncasecmp(name, "SSLRequire", 10) == 0;
}

static int has_selective_rule(const ap_directive_t *directive, const server_rec *server, const pyw_alias *alias)
{
    for (; directive; directive = directive->next) {
        if (is_selective(directive) || (directive->first_child && covers(directive, server, alias) &&
                                        has_selective_rule(directive->first_child, server, alias))) {
            return 1;
        }
    }
    return 0;
}

static void report_denial(apr_array_header_t *findings, const server_rec *server, const pyw_alias *alias,
                          const pyw_visit *visit)
{
    apr_pool_t *pool = findings->pool;
    const char *remedy;

    if (*visit->obstacle) {
        pyw_finding_add(findings, 1, NULL,
                        apr_psprintf(pool, PYWNO(0160) "a request for %s gets %d: httpd cannot reach %s (AH00035): %s",
                                     url_of(alias), visit->status, alias->target, visit->obstacle),
                        "");
        return;
    }
    if (has_selective_rule(ap_conftree, server, alias)) {
        return;
    }
    remedy = alias->is_module ? apr_psprintf(pool, "<Location %s> Require all granted </Location>", url_of(alias))
                              : apr_psprintf(pool, "<Directory %s> Require all granted </Directory>",
                                             ap_make_dirstr_parent(pool, alias->target));
    pyw_finding_add(findings, 1, NULL,
                    apr_psprintf(pool,
                                 PYWNO(0161) "a request for %s gets %d, because no access rule of httpd permits it "
                                             "(AH01630); write: %s",
                                 url_of(alias), visit->status, remedy),
                    "");
}

/* The first group that the server may use; NULL: none. */
static const pyw_group *available_group(const server_rec *server)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    const pyw_group *elsewhere;

    for (int i = 0; i < groups->nelts; i++) {
        const pyw_group *group = APR_ARRAY_IDX(groups, i, const pyw_group *);

        if (group->options->worker.threads > 0 &&
            pyw_config_find_group(server, group->options->name, &elsewhere) == group) {
            return group;
        }
    }
    return NULL;
}

static void report_options(apr_array_header_t *findings, const pyw_alias *alias)
{
    pyw_finding_add(
        findings, 1, NULL,
        apr_psprintf(findings->pool,
                     PYWNO(0690) "a request for %s gets 403, because Options ExecCGI is off for a script that "
                                 "no WSGIScriptAlias names (PYW0204); write: <Directory %s> Options +ExecCGI "
                                 "</Directory>",
                     url_of(alias), ap_make_dirstr_parent(findings->pool, alias->target)),
        "");
}

void pyw_mistakes_of_visit(apr_array_header_t *findings, const server_rec *server, const pyw_alias *alias,
                           const pyw_visit *visit)
{
    const pyw_group *group = available_group(server);

    if (visit->status == HTTP_FORBIDDEN) {
        report_denial(findings, server, alias, visit);
    }
    if (visit->lacks_execcgi) {
        report_options(findings, alias);
    }
    if (visit->is_embedded_unasked && group && pyw_config_main()->restrict_embedded != PYW_ON) {
        pyw_finding_add(findings, 0, group->defined_at,
                        apr_psprintf(findings->pool,
                                     PYWNO(0162) "%s runs in httpd's children although process group '%s' is defined, "
                                                 "because its URL %s has no WSGIProcessGroup; write: process-group=%s "
                                                 "at its alias, or process-group=%%{GLOBAL} if it is intended",
                                     alias->target, group->options->name, url_of(alias), group->options->name),
                        "");
    }
}

static int is_named(const pyw_group *group)
{
    const apr_array_header_t *uses = pyw_config_main()->uses;

    for (int i = 0; i < uses->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(uses, i, const pyw_group_use).name, group->options->name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether each request may select another group: %{ENV:name}, WSGIDispatchScript. */
static int is_dynamic(const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        if (strcasecmp(directive->directive, "WSGIDispatchScript") == 0 ||
            (strncasecmp(directive->directive, "WSGI", 4) == 0 && strstr(directive->args, "%{ENV:")) ||
            is_dynamic(directive->first_child)) {
            return 1;
        }
    }
    return 0;
}

static void check_limits(apr_array_header_t *findings, const pyw_group *group)
{
    const pyw_worker_options *options = &group->options->worker;
    int files = options->threads + FILES_LEAST;

    if (options->file_limit > 0 && options->file_limit < files) {
        pyw_finding_add(
            findings, 1, group->defined_at,
            apr_psprintf(findings->pool,
                         PYWNO(0164) "process group '%s': file-limit=%d is too small for threads=%d, each of "
                                     "which needs a connection, and files; write: file-limit=%d",
                         group->options->name, options->file_limit, options->threads, 4 * files),
            "");
    }
}

void pyw_mistakes_of_group(apr_array_header_t *findings, const pyw_group *group, int is_used)
{
    check_limits(findings, group);
    if (!is_used && !is_named(group) && !is_dynamic(ap_conftree)) {
        pyw_finding_add(findings, 0, group->defined_at,
                        apr_psprintf(findings->pool,
                                     PYWNO(0163) "process group '%s' runs no application, but has processes; write: "
                                                 "process-group=%s at a WSGIScriptAlias",
                                     group->options->name, group->options->name),
                        "");
    }
}

/* Variables that applications usually read from os.environ. */
static int is_process_variable(const char *name)
{
    static const char *const beginnings[] = {"DJANGO_", "FLASK_",       "PYTHON",     "AWS_",    "DATABASE_",
                                             "REDIS_",  "VIRTUAL_ENV",  "SECRET_KEY", "LC_",     "LANG",
                                             "TZ",      "LD_LIBRARY_P", "SETTINGS",   "CELERY_", NULL};

    for (int i = 0; beginnings[i]; i++) {
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

static void check_variables(apr_array_header_t *findings, const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        const char *args = directive->args;
        const char *name =
            strcasecmp(directive->directive, "SetEnv") == 0 ? ap_getword_conf(findings->pool, &args) : "";

        if (is_process_variable(name)) {
            pyw_finding_add(findings, 0, place_of(findings->pool, directive),
                            apr_psprintf(findings->pool,
                                         PYWNO(0165) "SetEnv %s adds to the environ of each request, but os.environ of "
                                                     "the processes does not have it; write: env=%s=... in "
                                                     "WSGIDaemonProcess",
                                         name, name),
                            "");
        }
        check_variables(findings, directive->first_child);
    }
}

static void check_stale_sockets(apr_array_header_t *findings)
{
    char text[1024];

    /* The directory itself does not exist yet, and will belong to httpd's User: only its parents matter. */
    if (!pyw_visit_path(pyw_config_main()->socket_directory, text, sizeof(text))) {
        pyw_finding_add(findings, 1, NULL,
                        apr_psprintf(findings->pool,
                                     PYWNO(0168) "httpd's children cannot reach the sockets of the workers in %s, so "
                                                 "requests get 503: %s",
                                     pyw_config_main()->socket_directory, text),
                        "");
    }
}

void pyw_mistakes_of_server(apr_array_header_t *findings)
{
    if (pyw_config_main()->groups->nelts > 0) {
        check_variables(findings, ap_conftree);
        check_stale_sockets(findings);
    }
}
