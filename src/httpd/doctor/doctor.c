/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/doctor.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <unixd.h>

#include "base/log.h"
#include "config/config.h"
#include "config/options/options.h"
#include "httpd/doctor/finding.h"
#include "httpd/doctor/handled.h"
#include "httpd/doctor/mistakes.h"
#include "httpd/doctor/trial.h"
#include "httpd/doctor/visit.h"

/* Process groups are identified by name. The embedded applications count as a group with this name. */
#define EMBEDDED "%{GLOBAL}"

typedef struct doctor {
    apr_pool_t *pool;
    server_rec *main_server;
    apr_array_header_t *findings; /* elements: pyw_finding */
    apr_array_header_t *trials;   /* elements: pyw_group_options *, copies with all applications of the group */
    apr_array_header_t *used;     /* elements: const char *, the groups that visits have found */
    int aliases;
} doctor;

static pyw_group_options *find_trial(const doctor *self, const char *name)
{
    for (int i = 0; i < self->trials->nelts; i++) {
        pyw_group_options *options = APR_ARRAY_IDX(self->trials, i, pyw_group_options *);

        if (strcmp(options->name, *name ? name : EMBEDDED) == 0) {
            return options;
        }
    }
    return NULL;
}

/* A worker logs its errors, and checks the callables of its applications. */
static void add_trial(doctor *self, pyw_group_options *options)
{
    static const pyw_python_setting check = {NULL, "check", "On"};

    options->worker.log_level = PYW_LOG_ERR;
    options->worker.applications = apr_array_copy(self->pool, options->worker.applications);
    options->worker.python_settings = apr_array_copy(self->pool, options->worker.python_settings);
    APR_ARRAY_PUSH(options->worker.python_settings, const pyw_python_setting *) = &check;
    APR_ARRAY_PUSH(self->trials, pyw_group_options *) = options;
}

/* Embedded applications, as if httpd's children were a process group. */
static void add_embedded_trial(doctor *self)
{
    const pyw_server_config *config = pyw_config_main();
    pyw_group_options *options = pyw_options_create(self->pool, EMBEDDED);

    options->worker.engine = config->embedded_engine;
    options->worker.python_home = config->python_home;
    options->worker.python_path = config->python_path;
    options->worker.imports = config->embedded_imports;
    if (geteuid() == 0) {
        options->worker.user = apr_psprintf(self->pool, "#%lu", (unsigned long)ap_unixd_config.user_id);
        options->worker.group = apr_psprintf(self->pool, "#%lu", (unsigned long)ap_unixd_config.group_id);
    }
    for (const pyw_python_setting *setting = config->embedded_settings; setting && setting->name; setting++) {
        APR_ARRAY_PUSH(options->worker.python_settings, const pyw_python_setting *) = setting;
    }
    add_trial(self, options);
}

static void prepare_trials(doctor *self)
{
    const pyw_server_config *config = pyw_config_main();

    for (int i = 0; i < config->groups->nelts; i++) {
        add_trial(self, apr_pmemdup(self->pool, APR_ARRAY_IDX(config->groups, i, const pyw_group *)->options,
                                    sizeof(pyw_group_options)));
    }
    if (config->embedded_engine && pyw_config_wants_embedded(self->main_server)) {
        add_embedded_trial(self);
    }
}

static int has_application(const apr_array_header_t *applications, const pyw_application_option *application)
{
    for (int i = 0; i < applications->nelts; i++) {
        const pyw_application_option *other = APR_ARRAY_IDX(applications, i, const pyw_application_option *);

        if (strcmp(other->target, application->target) == 0 && strcmp(other->callable, application->callable) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether the target is an application, not a directory of scripts or a script that does not exist. */
static int can_be_loaded(const doctor *self, const pyw_alias *alias)
{
    apr_finfo_t found;

    return alias->is_module ||
           (apr_stat(&found, alias->target, APR_FINFO_TYPE, self->pool) == APR_SUCCESS && found.filetype == APR_REG);
}

static void add_visited_application(doctor *self, const server_rec *server, const pyw_alias *alias,
                                    const pyw_visit *visit)
{
    const pyw_group *elsewhere;
    const pyw_group *group = pyw_config_find_group(server, visit->group, &elsewhere);
    pyw_group_options *options = find_trial(self, visit->group);
    pyw_application_option *application = apr_pcalloc(self->pool, sizeof(*application));

    if (!options || strncmp(visit->callable, "%{", 2) == 0 || !can_be_loaded(self, alias)) {
        return;
    }
    application->is_module = alias->is_module;
    application->target = apr_pstrdup(self->pool, visit->target);
    if (group && !alias->is_module) {
        application->target = pyw_config_path_in_group(group, application->target);
    }
    application->callable = apr_pstrdup(self->pool, visit->callable);
    application->group = apr_pstrdup(self->pool, visit->application_group);
    application->group_is_default = visit->application_group_is_default;
    if (!has_application(options->worker.applications, application)) {
        APR_ARRAY_PUSH(options->worker.applications, const pyw_application_option *) = application;
    }
}

static void visit_alias(doctor *self, server_rec *server, const pyw_alias *alias)
{
    pyw_alias plain = *alias;
    pyw_visit visit;

    plain.url = pyw_visit_url(self->pool, alias);
    plain.regex = NULL;
    if (!plain.url) {
        return;
    }
    pyw_visit_alias(self->pool, server, &plain, &visit);
    if (!visit.is_done) {
        return;
    }
    APR_ARRAY_PUSH(self->used, const char *) = apr_pstrdup(self->pool, visit.group);
    pyw_mistakes_of_visit(self->findings, server, &plain, &visit);
    add_visited_application(self, server, &plain, &visit);
}

static int is_used(const doctor *self, const char *name)
{
    for (int i = 0; i < self->used->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(self->used, i, const char *), name) == 0) {
            return 1;
        }
    }
    return 0;
}

static void visit_aliases(doctor *self, server_rec *server, const apr_array_header_t *aliases)
{
    for (int i = 0; i < aliases->nelts; i++) {
        visit_alias(self, server, &APR_ARRAY_IDX(aliases, i, const pyw_alias));
    }
}

static void visit_servers(doctor *self)
{
    for (server_rec *server = self->main_server; server; server = server->next) {
        const apr_array_header_t *aliases = pyw_config_server(server)->aliases;

        self->aliases += aliases->nelts;
        visit_aliases(self, server, aliases);
        visit_aliases(self, server, pyw_handled_scripts(self->pool, server));
    }
}

static void run_trials(doctor *self)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;

    for (int i = 0; i < self->trials->nelts; i++) {
        const pyw_group *group = i < groups->nelts ? APR_ARRAY_IDX(groups, i, const pyw_group *) : NULL;

        if (group) {
            pyw_mistakes_of_group(self->findings, group, is_used(self, group->options->name));
        }
        pyw_trial_run(self->findings, APR_ARRAY_IDX(self->trials, i, const pyw_group_options *), self->main_server,
                      group ? group->defined_at : NULL);
    }
}

static void examine(doctor *self)
{
    prepare_trials(self);
    visit_servers(self);
    pyw_mistakes_of_server(self->findings);
    run_trials(self);
}

int pyw_doctor_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    int as_json = ap_exists_config_define("PYWSGI_CHECK_JSON");
    int is_command = as_json || ap_exists_config_define("PYWSGI_CHECK");
    doctor self = {.pool = ptemp, .main_server = main_server};

    (void)pconf;
    (void)plog;
    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST || (!is_command && pyw_config_main()->check != PYW_ON)) {
        return OK;
    }
    self.findings = apr_array_make(ptemp, 8, sizeof(pyw_finding));
    self.trials = apr_array_make(ptemp, 8, sizeof(pyw_group_options *));
    self.used = apr_array_make(ptemp, 8, sizeof(const char *));
    examine(&self);
    if (is_command) {
        pyw_findings_print(self.findings, as_json);
        printf("checked %d process groups, %d aliases\n", pyw_config_main()->groups->nelts, self.aliases);
        fflush(stdout);
        return OK;
    }
    return pyw_findings_log(self.findings) == 0 ? OK : HTTP_INTERNAL_SERVER_ERROR;
}
