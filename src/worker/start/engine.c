/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/start/engine.h"

#include <apr_strings.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>

#include "base/os/obstacle.h"
#include "config/options/parse/python_setting_text.h"
#include "worker/failures.h"
#include "worker/forked.h"
#include "worker/log.h"

static const char *const *search_path(apr_pool_t *pool, const pyw_worker_options *options)
{
    apr_array_header_t *entries = apr_array_make(pool, 5, sizeof(const char *));
    char *state = NULL;
    char *copy = apr_pstrdup(pool, options->python_path != NULL ? options->python_path : "");

    for (char *entry = apr_strtok(copy, ":", &state); entry != NULL; entry = apr_strtok(NULL, ":", &state)) {
        APR_ARRAY_PUSH(entries, const char *) = entry;
    }
    APR_ARRAY_PUSH(entries, const char *) = NULL;
    return (const char *const *)entries->elts;
}

static pyw_engine_host *describe_host(const pyw_inheritance *inheritance, int is_template, void (*overdue)(void *),
                                      apr_pool_t *pool)
{
    const pyw_worker_options *options = inheritance->options;
    pyw_engine_host *host = apr_pcalloc(pool, sizeof(*host));

    host->log = pyw_worker_log_sink;
    host->log_threshold = (pyw_log_level)options->log_level;
    host->process_group = inheritance->group;
    host->python_home = options->python_home;
    host->home = options->home;
    host->python_path = search_path(pool, options);
    host->threads = options->threads;
    host->processes = options->processes;
    host->httpd = inheritance->settings.httpd;
    host->multiprocess = options->multiprocess;
    host->is_daemon = 1;
    host->is_template = is_template;
    host->interrupts = options->interrupt;
    host->interrupt_timeout_ms = (int)apr_time_as_msec(options->interrupt_timeout);
    host->overdue = overdue;
    host->failed = pyw_worker_failures_note;
    host->forked = pyw_worker_forked;
    host->python_settings = pyw_option_python_settings(pool, options->python_settings);
    return host;
}

static pyw_engine_entry_fn *find_engine_entry(const char *path, pyw_problem *problem)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    pyw_engine_entry_fn *entry = NULL;

    if (handle != NULL) {
        *(void **)&entry = dlsym(handle, PYW_ENGINE_ENTRY);
    }
    if (entry == NULL) {
        pyw_problem_set(problem, "%s", dlerror());
    }
    return entry;
}

/* Reads the directory of the base Python, with its library, from the pyvenv.cfg of a virtual environment. */
static int read_base(const char *python_home, char base[PATH_MAX])
{
    char path[PATH_MAX], line[PATH_MAX + 16];
    int is_found = 0;
    FILE *file;

    snprintf(path, sizeof(path), "%s/pyvenv.cfg", python_home);
    file = fopen(path, "re");
    while (file != NULL && !is_found && fgets(line, sizeof(line), file) != NULL) {
        is_found = sscanf(line, "home = %4095[^\n]", base) == 1;
    }
    if (file != NULL) {
        fclose(file);
    }
    return is_found;
}

/* Python need not list the directory. */
static int find_obstacle_below(const char *directory, pyw_problem *problem)
{
    char path[PATH_MAX + 1];

    snprintf(path, sizeof(path), "%s/", directory);
    return pyw_obstacle_find(path, problem);
}

/*
 * For the dynamic linker and for Python, a directory that this user may not enter does not exist. Names the directory
 * instead, if there is one.
 */
static void explain_start(const pyw_worker_options *options, pyw_problem *problem)
{
    const char *home = options->python_home;
    char base[PATH_MAX];

    if (!pyw_obstacle_find(options->engine, problem) && home != NULL && !find_obstacle_below(home, problem) &&
        read_base(home, base)) {
        find_obstacle_below(base, problem);
    }
}

void pyw_open_engine_early(const pyw_worker_options *options)
{
    if (options->engine != NULL) {
        (void)dlopen(options->engine, RTLD_NOW | RTLD_GLOBAL); /* dlopen finds it by this path later, without a file */
    }
}

const pyw_engine *pyw_open_engine(const pyw_inheritance *inheritance, int is_template, void (*overdue)(void *),
                                  apr_pool_t *pool, pyw_problem *problem)
{
    const char *path = inheritance->options->engine;
    pyw_engine_entry_fn *entry = path != NULL ? find_engine_entry(path, problem) : NULL;
    const pyw_engine *engine = entry != NULL ? entry() : NULL;

    if (engine == NULL) {
        if (path != NULL) {
            explain_start(inheritance->options, problem);
        }
        return NULL;
    }
    if (engine->abi != PYW_ENGINE_ABI) {
        pyw_problem_set(problem, "%s has ABI %u, pywsgid needs %u: build and install both together", path, engine->abi,
                        PYW_ENGINE_ABI);
        return NULL;
    }
    if (engine->start(describe_host(inheritance, is_template, overdue, pool), problem) == PYW_OK) {
        return engine;
    }
    explain_start(inheritance->options, problem);
    return NULL;
}

int pyw_open_engine_count(const pyw_worker_options *options)
{
    return options->imports->nelts + options->applications->nelts;
}

static pyw_application_spec *add_specs(pyw_application_spec *specs, const apr_array_header_t *list)
{
    for (int i = 0; i < list->nelts; i++) {
        const pyw_application_option *option = APR_ARRAY_IDX(list, i, const pyw_application_option *);

        specs->kind = option->is_module ? PYW_TARGET_MODULE : PYW_TARGET_SCRIPT;
        specs->target = option->target;
        specs->callable = option->callable;
        specs->group = option->group;
        specs->group_is_default = option->group_is_default;
        specs->reloading = option->reloading;
        specs++;
    }
    return specs;
}

void pyw_open_engine_specs(const pyw_worker_options *options, pyw_application_spec *specs)
{
    add_specs(add_specs(specs, options->imports), options->applications);
}
