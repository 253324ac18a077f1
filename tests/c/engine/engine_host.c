/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_host.h"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const pyw_engine *host_engine;
volatile int host_overdue;

static const char *scripts;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static pyw_buffer log_text;

static void take_record(void *baton, pyw_log_level level, const char *text, size_t length)
{
    char number[16];
    int digits = snprintf(number, sizeof(number), "<%d> ", (int)level);

    pthread_mutex_lock(&log_lock);
    pyw_buffer_append(&log_text, number, (size_t)digits);
    pyw_buffer_append(&log_text, text, length);
    pyw_buffer_append(&log_text, "\n", 1);
    pthread_mutex_unlock(&log_lock);
}

const char *host_log(void)
{
    static pyw_buffer copy;

    pthread_mutex_lock(&log_lock);
    copy.length = 0;
    pyw_buffer_append(&copy, log_text.data, log_text.length);
    pthread_mutex_unlock(&log_lock);
    pyw_buffer_append(&copy, "", 1);
    return copy.failed ? "" : copy.data;
}

static int log_has(const char *words)
{
    return strstr(host_log(), words) != NULL;
}

int host_log_wait(const char *words)
{
    int has = log_has(words);

    for (int tries = 0; !has && tries < 500; tries++) {
        poll(NULL, 0, 10);
        has = log_has(words);
    }
    return has;
}

void host_log_clear(void)
{
    pthread_mutex_lock(&log_lock);
    log_text.length = 0;
    pthread_mutex_unlock(&log_lock);
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static void note_overdue(void *baton)
{
    host_overdue++;
}

void host_start(const char *engine_file, const char *tests, int is_daemon, int is_template)
{
    static char path[4096];
    static const char *path_list[] = {path, NULL};
    static pyw_engine_host host = {
        .log = take_record,
        .log_threshold = PYW_LOG_TRACE,
        .process_group = "tests",
        .python_path = path_list,
        .threads = 4,
        .processes = 1,
        .interrupts = 1,
        .interrupt_timeout_ms = 300,
        .overdue = note_overdue,
    };
    pyw_engine_entry_fn *entry = NULL;
    pyw_problem problem;
    void *handle = dlopen(engine_file, RTLD_NOW | RTLD_GLOBAL);

    scripts = tests;
    host.is_daemon = is_daemon;
    host.is_template = is_template;
    snprintf(path, sizeof(path), "%s/path", tests);
    if (handle == NULL) {
        die(engine_file, dlerror());
    }
    *(void **)(void *)&entry = dlsym(handle, PYW_ENGINE_ENTRY);
    if (entry == NULL) {
        die(engine_file, "no entry");
    }
    host_engine = entry();
    if (host_engine->abi != PYW_ENGINE_ABI) {
        die(engine_file, "another ABI");
    }
    if (host_engine->start(&host, &problem) != PYW_OK) {
        die(engine_file, problem.text);
    }
}

pyw_application *host_script_path(const char *path, const char *group, int group_is_default, int reloading)
{
    pyw_application_spec spec = {PYW_TARGET_SCRIPT, path, "application", group, group_is_default, reloading, 0};

    return host_engine->application(&spec);
}

pyw_application *host_script(const char *name, const char *group)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", scripts, name);
    return host_script_path(path, group, 0, 0);
}

pyw_application *host_module(const char *target, const char *callable)
{
    pyw_application_spec spec = {PYW_TARGET_MODULE, target, callable, "", 0, 0, 0};

    return host_engine->application(&spec);
}

void host_run(pyw_application *application, memory_exchange *exchange)
{
    host_engine->run(application, &exchange->base);
}

void host_get(memory_exchange *exchange, pyw_application *application, const char *path)
{
    memory_exchange_init(exchange, "GET", path);
    host_run(application, exchange);
}

int host_is_answered(pyw_application *application, const char *path, const char *content)
{
    memory_exchange got;
    int good;

    host_get(&got, application, path);
    good = got.outcome == PYW_DONE && strcmp(memory_content(&got), content) == 0;
    memory_exchange_free(&got);
    return good;
}
