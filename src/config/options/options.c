/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/options.h"

#include <apr_strings.h>
#include <string.h>

#include "config/options/parse/application.h"
#include "config/options/parse/env.h"
#include "config/options/parse/python_setting_text.h"
#include "config/options/parse/range.h"
#include "config/options/parse/tolerance.h"
#include "config/options/parse/value.h"
#include "config/options/table.h"

pyw_group_options *pyw_options_create(apr_pool_t *pool, const char *name)
{
    pyw_group_options *options = apr_pcalloc(pool, sizeof(*options));

    options->name = apr_pstrdup(pool, name);
    options->httpd.request_buffer = 64UL * 1024;
    options->httpd.request_spool = 1024UL * 1024 * 1024;
    options->httpd.response_buffer = 1024UL * 1024;
    options->httpd.response_spool = 256UL * 1024 * 1024;
    options->httpd.queue_limit = 100;
    options->httpd.queue_timeout = apr_time_from_sec(30);
    options->httpd.warnings = apr_array_make(pool, 4, sizeof(const char *));
    options->httpd.notices = apr_array_make(pool, 4, sizeof(const char *));
    options->manager.processes = 1;
    options->manager.processes_least = 1;
    options->manager.graceful_timeout = apr_time_from_sec(30);
    options->manager.reload_overlap = 1;
    options->manager.scale_after = apr_time_from_msec(250);
    options->manager.scale_idle = apr_time_from_sec(60);
    options->manager.maximum_requests_jitter = 10;
    options->manager.restart_interval_jitter = 10;
    options->manager.worker_list_index = -1;
    options->worker.threads = 15;
    options->worker.umask = -1;
    options->worker.shutdown_timeout = apr_time_from_sec(5);
    options->worker.startup_timeout = apr_time_from_sec(60);
    options->worker.deadlock_timeout = apr_time_from_sec(60);
    options->worker.interrupt = 1;
    options->worker.interrupt_timeout = apr_time_from_sec(5);
    options->worker.core_limit = PYW_CORE_LIMIT_INHERITED;
    options->worker.env = apr_array_make(pool, 4, sizeof(const char *));
    options->worker.log_level = 4;
    options->worker.processes = 1;
    options->worker.imports = apr_array_make(pool, 4, sizeof(const pyw_application_option *));
    options->worker.python_settings = apr_array_make(pool, 4, sizeof(const pyw_python_setting *));
    options->worker.applications = apr_array_make(pool, 4, sizeof(const pyw_application_option *));
    return options;
}

/* The member that holds the rule's value. */
static void *member_of(pyw_group_options *options, const pyw_option_rule *rule)
{
    return (char *)options + rule->offset;
}

static const void *const_member_of(const pyw_group_options *options, const pyw_option_rule *rule)
{
    return (const char *)options + rule->offset;
}

static const char *out_of_range(apr_pool_t *pool, const pyw_option_rule *rule, const char *value)
{
    return apr_psprintf(pool, "option '%s' cannot be '%s': it must be %s", rule->name, value,
                        pyw_option_range(pool, rule));
}

static int is_in_range(const pyw_option_rule *rule, long long number)
{
    return (number >= rule->least && number <= rule->most) || (rule->kind == PYW_KIND_SIZE && number == 0);
}

static void store_scalar(pyw_group_options *options, const pyw_option_rule *rule, long long number)
{
    void *member = member_of(options, rule);

    if (rule->kind == PYW_KIND_DURATION) {
        *(apr_interval_time_t *)member = number * 1000;
    }
    else if (rule->kind == PYW_KIND_SIZE) {
        *(apr_size_t *)member = (apr_size_t)number;
    }
    else {
        *(int *)member = (int)number;
    }
}

static const char *set_scalar(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                              const char *value)
{
    long long number = 0;
    int valid;

    switch (rule->kind) {
    case PYW_KIND_DURATION:
        valid = pyw_value_duration(value, &number);
        break;
    case PYW_KIND_SIZE:
        valid = pyw_value_size(value, &number);
        break;
    case PYW_KIND_PERCENT:
        valid = pyw_value_percent(value, &number);
        break;
    case PYW_KIND_SWITCH:
        valid = pyw_value_switch(value, &number);
        break;
    case PYW_KIND_RELOAD:
        valid = pyw_value_reload(value, &number);
        break;
    default:
        valid = pyw_value_number(value, rule->kind == PYW_KIND_OCTAL ? 8 : 10, &number);
    }
    if (!valid || !is_in_range(rule, number)) {
        return out_of_range(pool, rule, value);
    }
    if (rule->offset != PYW_NO_MEMBER) {
        store_scalar(options, rule, number);
    }
    return NULL;
}

static const char *set_processes(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                                 const char *value)
{
    long long least, most;

    if (!pyw_value_span(value, &least, &most) || most < 1 || most > rule->most) {
        return out_of_range(pool, rule, value);
    }
    options->manager.processes_least = (int)least;
    options->manager.processes = (int)most;
    return NULL;
}

static int is_valid_path(const pyw_option_rule *rule, const char *path)
{
    return *path == '/' || (rule->kind == PYW_KIND_FILES && strcmp(path, PYW_RELOAD_ON_MODULES) == 0);
}

/*
 * A path must be absolute, because the directory in which httpd was started is arbitrary. python-path= and
 * python-eggs=, in which mod_wsgi accepts others, only cause a warning (pyw_option_tolerate).
 */
static const char *check_path_list(apr_pool_t *pool, const pyw_option_rule *rule, const char *value)
{
    char *state = NULL;
    char *copy = apr_pstrdup(pool, value);
    const char *separators = rule->kind == PYW_KIND_FILES ? "," : "";

    for (char *path = apr_strtok(copy, separators, &state); path; path = apr_strtok(NULL, separators, &state)) {
        if (!is_valid_path(rule, path)) {
            return apr_psprintf(pool, "option '%s' cannot be '%s': '%s' is not an absolute path", rule->name, value,
                                path);
        }
    }
    return NULL;
}

static const char *set_text_option(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                                   const char *value)
{
    int is_path = rule->kind == PYW_KIND_PATH || rule->kind == PYW_KIND_FILES;
    const char *error = is_path ? check_path_list(pool, rule, value) : NULL;

    if (error != NULL) {
        return error;
    }
    if (*value == '\0') {
        return apr_psprintf(pool, "option '%s' has an empty value", rule->name);
    }
    if (strcmp(rule->name, "display-name") == 0 && strcmp(value, "%{GROUP}") == 0) {
        value = apr_pstrcat(pool, "(wsgi:", options->name, ")", NULL);
    }
    *(const char **)member_of(options, rule) = apr_pstrdup(pool, value);
    return NULL;
}

static const char *set_env(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule, const char *value)
{
    const char *error = rule->kind == PYW_KIND_ENV ? pyw_option_env_add(options, pool, value)
                                                   : pyw_option_env_file(options, pool, value);

    return error == NULL ? NULL : apr_psprintf(pool, "option '%s': %s", rule->name, error);
}

/* An element of an option that is a list. NULL: the text is malformed. */
static const void *element_of(apr_pool_t *pool, const pyw_option_rule *rule, const char *text)
{
    return rule->kind == PYW_KIND_PYTHON ? (const void *)pyw_option_python_setting(pool, text)
                                         : (const void *)pyw_option_application(pool, text);
}

static const char *text_of(apr_pool_t *pool, const pyw_option_rule *rule, const void *element)
{
    switch (rule->kind) {
    case PYW_KIND_PYTHON:
        return pyw_option_python_setting_text(pool, element);
    case PYW_KIND_APPLICATION:
        return pyw_option_application_text(pool, element);
    default:
        return element; /* env= */
    }
}

static const char *add_element(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                               const char *value)
{
    const void *element = element_of(pool, rule, value);

    if (element == NULL) {
        return apr_psprintf(pool, "option '%s' is malformed", rule->name);
    }
    APR_ARRAY_PUSH(*(apr_array_header_t **)member_of(options, rule), const void *) = element;
    return NULL;
}

static const char *set_seconds(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                               const char *value)
{
    if (!pyw_value_is_seconds(value)) {
        return apr_psprintf(pool, "option '%s' cannot be '%s': it must be a number of seconds, such as 0.005",
                            rule->name, value);
    }
    *(const char **)member_of(options, rule) = apr_pstrdup(pool, value);
    return NULL;
}

static const char *set_value(pyw_group_options *options, apr_pool_t *pool, const pyw_option_rule *rule,
                             const char *value)
{
    switch (rule->kind) {
    case PYW_KIND_TEXT:
    case PYW_KIND_PATH:
    case PYW_KIND_PATHS:
    case PYW_KIND_FILES:
        return set_text_option(options, pool, rule, value);
    case PYW_KIND_ENV:
    case PYW_KIND_ENV_FILE:
        return set_env(options, pool, rule, value);
    case PYW_KIND_APPLICATION:
    case PYW_KIND_PYTHON:
        return add_element(options, pool, rule, value);
    case PYW_KIND_PROCESSES:
        return set_processes(options, pool, rule, value);
    case PYW_KIND_SECONDS:
        return set_seconds(options, pool, rule, value);
    case PYW_KIND_IGNORED:
        APR_ARRAY_PUSH(options->httpd.warnings, const char *) =
            apr_psprintf(pool, "option '%s' of mod_wsgi has no effect", rule->name);
        return NULL;
    default:
        return set_scalar(options, pool, rule, value);
    }
}

static const char *unknown(apr_pool_t *pool, const char *name)
{
    const char *meant = pyw_option_suggest(name);

    return meant != NULL ? apr_psprintf(pool, "unknown option '%s', did you mean '%s'?", name, meant)
                         : apr_psprintf(pool, "unknown option '%s'", name);
}

const char *pyw_options_set(pyw_group_options *options, apr_pool_t *pool, const char *name, const char *value)
{
    const pyw_option_rule *rule = pyw_option_rule_find(name, 0);

    if (rule == NULL) {
        return unknown(pool, name);
    }
    if (strcmp(name, "processes") == 0) {
        options->worker.multiprocess = 1;
    }
    value = pyw_option_tolerate(options, pool, rule, value);
    return value != NULL ? set_value(options, pool, rule, value) : NULL;
}

const char *pyw_options_restore(pyw_group_options *options, apr_pool_t *pool, const char *name, const char *value)
{
    const pyw_option_rule *rule = pyw_option_rule_find(name, 1);

    return rule == NULL ? unknown(pool, name) : set_value(options, pool, rule, value);
}

const char *pyw_options_restore_all(pyw_group_options *options, apr_pool_t *pool, const apr_table_t *pairs)
{
    const apr_array_header_t *elements = apr_table_elts(pairs);
    const char *error = NULL;

    for (int i = 0; error == NULL && i < elements->nelts; i++) {
        const apr_table_entry_t *entry = &((const apr_table_entry_t *)(void *)elements->elts)[i];

        error = pyw_options_restore(options, pool, entry->key, entry->val);
    }
    return error;
}

static const char *scalar_text(apr_pool_t *pool, const pyw_option_rule *rule, const pyw_group_options *options)
{
    const void *value = const_member_of(options, rule);

    switch (rule->kind) {
    case PYW_KIND_PROCESSES:
        return options->manager.processes_least == options->manager.processes
                   ? apr_psprintf(pool, "%d", options->manager.processes)
                   : apr_psprintf(pool, "%d-%d", options->manager.processes_least, options->manager.processes);
    case PYW_KIND_DURATION:
        return apr_psprintf(pool, "%" APR_TIME_T_FMT "ms", *(const apr_interval_time_t *)value / 1000);
    case PYW_KIND_SIZE:
        return apr_psprintf(pool, "%" APR_SIZE_T_FMT, *(const apr_size_t *)value);
    case PYW_KIND_OCTAL:
        return apr_psprintf(pool, "%o", (unsigned)*(const int *)value);
    case PYW_KIND_SWITCH:
        return *(const int *)value ? "On" : "Off";
    case PYW_KIND_RELOAD:
        return pyw_value_reloads[*(const int *)value];
    default:
        return apr_psprintf(pool, "%d", *(const int *)value);
    }
}

static void add_elements(apr_table_t *pairs, apr_pool_t *pool, const pyw_option_rule *rule,
                         const pyw_group_options *options)
{
    const apr_array_header_t *list = *(apr_array_header_t *const *)const_member_of(options, rule);

    for (int i = 0; i < list->nelts; i++) {
        apr_table_addn(pairs, rule->name, text_of(pool, rule, APR_ARRAY_IDX(list, i, const void *)));
    }
}

static void add_pairs(apr_table_t *pairs, apr_pool_t *pool, const pyw_option_rule *rule,
                      const pyw_group_options *options, const pyw_group_options *defaults)
{
    const char *text;

    switch (rule->kind) {
    case PYW_KIND_TEXT:
    case PYW_KIND_PATH:
    case PYW_KIND_PATHS:
    case PYW_KIND_FILES:
    case PYW_KIND_SECONDS:
        text = *(const char *const *)const_member_of(options, rule);
        if (text != NULL) {
            apr_table_addn(pairs, rule->name, text);
        }
        break;
    case PYW_KIND_ENV:
    case PYW_KIND_APPLICATION:
    case PYW_KIND_PYTHON:
        add_elements(pairs, pool, rule, options);
        break;
    case PYW_KIND_ENV_FILE:
    case PYW_KIND_IGNORED:
        break;
    default:
        text = scalar_text(pool, rule, options);
        if (strcmp(text, scalar_text(pool, rule, defaults)) != 0) {
            apr_table_addn(pairs, rule->name, text);
        }
    }
}

apr_table_t *pyw_options_pairs(const pyw_group_options *options, pyw_option_part part, apr_pool_t *pool)
{
    apr_table_t *pairs = apr_table_make(pool, 32);
    const pyw_group_options *defaults = pyw_options_create(pool, options->name);

    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (rule->part >= part && rule->offset != PYW_NO_MEMBER) {
            add_pairs(pairs, pool, rule, options, defaults);
        }
    }
    return pairs;
}
