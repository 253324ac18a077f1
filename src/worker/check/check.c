/* SPDX-License-Identifier: Apache-2.0 */
/* pywsgid --check: tests that a worker with these options can start and load its applications (worker/heritage.h). */
#include <apr_general.h>
#include <apr_strings.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os/obstacle.h"
#include "worker/heritage.h"
#include "worker/log.h"
#include "worker/start/engine.h"
#include "worker/start/identity.h"
#include "worker/start/inherit.h"
#include "worker/start/limits.h"

typedef struct check {
    apr_pool_t *pool;
    pyw_inheritance heritage;
    const pyw_engine *engine;
    int obstacles;
} check;

static int fail_check(const check *self, const char *what, const pyw_problem *problem)
{
    pyw_log(PYW_LOG_ERR, PYWNO(0158) "process group '%s': %s: %s", self->heritage.group ? self->heritage.group : "",
            what, problem->text);
    return PYW_EXIT_ENGINE;
}

static void check_path(check *self, const char *purpose, const char *path)
{
    pyw_problem problem;

    if (path != NULL && pyw_obstacle_find(path, &problem)) {
        pyw_log(PYW_LOG_ERR, PYWNO(0157) "process group '%s' cannot use %s %s: %s", self->heritage.group, purpose, path,
                problem.text);
        self->obstacles++;
    }
}

/* Before Python starts, because for Python a file that cannot be reached does not exist. */
static void check_script_paths(check *self, const pyw_application_spec *specs, int count)
{
    const pyw_worker_options *options = self->heritage.options;
    char *state = NULL;
    char *paths = apr_pstrdup(self->pool, options->python_path ? options->python_path : "");

    if (options->python_home != NULL) {
        check_path(self, "python-home", apr_pstrcat(self->pool, options->python_home, "/", NULL)); /* not listed */
    }
    for (char *path = apr_strtok(paths, ":", &state); path != NULL; path = apr_strtok(NULL, ":", &state)) {
        check_path(self, "python-path", path);
    }
    for (int i = 0; i < count; i++) {
        check_path(self, "the script", specs[i].kind == PYW_TARGET_SCRIPT ? specs[i].target : NULL);
    }
}

/* Applies the user and the limits of a worker. PYW_OK, or *problem. */
static pyw_result become_user(check *self, pyw_problem *problem)
{
    const pyw_worker_options *options = self->heritage.options;
    pyw_result result = pyw_limits_set(options, problem);

    if (result == PYW_OK && options->chroot != NULL) {
        pyw_open_engine_early(options);
    }
    return result == PYW_OK ? pyw_identity_assume(options, &self->heritage.settings, problem) : result;
}

/* A thread of its own, as in a worker. The records of the engine say what fails. */
static void *run_loading(void *data)
{
    check *self = data;
    int count = pyw_open_engine_count(self->heritage.options);
    pyw_application_spec *specs = calloc((size_t)count + 1, sizeof(*specs));

    if (specs != NULL) {
        pyw_open_engine_specs(self->heritage.options, specs);
    }
    for (int i = 0; specs != NULL && i < count; i++) {
        pyw_application *application = self->engine->application(&specs[i]);

        if (application != NULL) {
            (void)self->engine->load(application);
        }
    }
    free(specs);
    self->engine->thread_end();
    return NULL;
}

static int load_applications(check *self)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run_loading, self) != 0) {
        return PYW_EXIT_ENGINE;
    }
    pthread_join(thread, NULL);
    return PYW_EXIT_CHECKED;
}

static int run_check(check *self)
{
    const pyw_worker_options *options = self->heritage.options;
    int count = pyw_open_engine_count(options);
    pyw_application_spec *specs = apr_pcalloc(self->pool, sizeof(*specs) * ((size_t)count + 1));
    pyw_problem problem = {""};

    if (become_user(self, &problem) != PYW_OK) {
        return fail_check(self, "its workers cannot become their user", &problem);
    }
    pyw_open_engine_specs(options, specs);
    check_script_paths(self, specs, count);
    if (self->obstacles > 0) {
        return PYW_EXIT_CHECKED;
    }
    self->engine = pyw_open_engine(&self->heritage, 0, NULL, self->pool, &problem);
    if (self->engine == NULL) {
        return fail_check(self, "Python does not start", &problem);
    }
    /* To load the program of a service group is to run it. */
    return options->threads > 0 ? load_applications(self) : PYW_EXIT_CHECKED;
}

int pyw_worker_check_main(void)
{
    static check self;
    pyw_channel *channel = pyw_channel_create();
    pyw_problem problem = {""};

    apr_initialize();
    apr_pool_create(&self.pool, NULL);
    pyw_log_install(pyw_worker_log_sink, NULL, PYW_LOG_ERR);
    if (channel == NULL) {
        return PYW_EXIT_HERITAGE;
    }
    pyw_channel_open(channel, PYW_HERITAGE_CHANNEL);
    if (pyw_inherit(&self.heritage, 1, self.pool, channel, &problem) != PYW_OK) {
        return fail_check(&self, "pywsgid --check cannot read the settings from httpd", &problem);
    }
    /* Exit functions of the applications must not run: they could remove files that workers use. */
    _exit(run_check(&self));
}
