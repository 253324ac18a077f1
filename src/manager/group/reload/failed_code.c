/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reload/failed_code.h"

#include <apr_time.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* The time at which the youngest worker that serves was started. */
static void describe_age(const pyw_worker_group *group, const pyw_child *failed, char *out, size_t size)
{
    const pyw_child *child;
    int64_t started = 0;
    time_t moment;
    struct tm day;

    LIST_FOREACH (child, &group->children, next) {
        if (child != failed && pyw_child_is_loaded(child) && child->started > started) {
            started = child->started;
        }
    }
    moment = (time_t)apr_time_sec(apr_time_now() - apr_time_from_msec(pyw_clock_ms() - started));
    localtime_r(&moment, &day);
    strftime(out, size, "%Y-%m-%d %H:%M:%S", &day);
}

static void log_failed_code(const pyw_worker_group *group, const pyw_child *failed)
{
    const char *name = group->options->name;
    char age[40];

    describe_age(group, failed, age, sizeof(age));
    if (group->code == PYW_CODE_RETRIED) {
        pyw_group_log(group, PYW_LOG_ERR,
                      PYWNO(0357) "the new workers of group '%s' do not start (see the records above): still serving "
                                  "the code of %s; the next try is in %d s",
                      name, age, pyw_child_back_off(group->failures) / 1000);
    }
    else {
        pyw_group_log(group, PYW_LOG_ERR,
                      PYWNO(0316) "the new code of group '%s' does not load (see the records above): still serving the "
                                  "code of %s; the next try is when the script or a file of reload-on= changes, or "
                                  "with: pywsgi reload %s",
                      name, age, name);
    }
}

/* For `pywsgi status`. */
static void note_problem(pyw_failed_code *noted, const pyw_child *failed)
{
    char *out = noted->problem;
    size_t size = sizeof(noted->problem);

    noted->at = time(NULL);
    pyw_child_copy_failure(failed != NULL ? pyw_child_last_failure(failed) : NULL, noted->traceback,
                           sizeof(noted->traceback));
    if (failed == NULL) {
        snprintf(out, size, "no new worker could be started");
    }
    else if (failed->state == PYW_CHILD_BROKEN) {
        snprintf(out, size, "%s", *failed->problem ? failed->problem : "an application does not load");
    }
    else {
        snprintf(out, size, "%s %ld %s before it had loaded its applications", pyw_child_kind(failed),
                 (long)failed->pid, failed->state == PYW_CHILD_STOPPING ? "was killed" : "ended");
    }
}

/* A worker that was forked from a template with the old code proves nothing about the new code. */
void pyw_failed_code_forget(const pyw_child *loaded)
{
    pyw_failed_code *noted = &loaded->group->failed;

    if (loaded->code_generation >= noted->generation) {
        noted->at = 0;
    }
    noted->scripts[0] = noted->scripts[1] = 0;
}

/* The present changes of files failed to load, so the workers that stay do not request them again. */
static void note_files(pyw_worker_group *group)
{
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        child->refused_files = child->board != NULL ? child->board->files : 0;
    }
}

/* For the status page. */
static void note_result(pyw_worker_group *group)
{
    if (group->stats.reload.result == PYW_RELOAD_RUNNING) {
        group->stats.reload.result = PYW_RELOAD_FAILED;
        memcpy(group->stats.reload.problem, group->failed.problem, sizeof(group->failed.problem));
    }
}

void pyw_failed_code_note(pyw_worker_group *group, const pyw_child *failed)
{
    int is_broken = failed != NULL && failed->state == PYW_CHILD_BROKEN;

    note_problem(&group->failed, failed);
    group->failed.generation = group->generation;
    group->failed.scripts[0] = group->failed.replaced_by;
    group->failed.scripts[1] = is_broken && failed->board != NULL ? failed->board->scripts : 0;
    note_files(group);
    group->code = is_broken ? PYW_CODE_PROVEN : PYW_CODE_RETRIED;
    log_failed_code(group, failed);
    note_result(group);
}

/* The last line of a traceback, escaped; `fault` if there is none. */
static void note_fault(pyw_failed_code *noted, const char *fault)
{
    size_t length = strlen(noted->traceback);
    const char *line;

    while (length > 0 && noted->traceback[length - 1] == '\n') {
        length--;
    }
    for (line = noted->traceback + length; line > noted->traceback && line[-1] != '\n'; line--) {
    }
    if (length > 0) {
        pyw_log_escape(noted->problem, sizeof(noted->problem), line, (size_t)(noted->traceback + length - line));
    }
    else {
        snprintf(noted->problem, sizeof(noted->problem), "%s", fault);
    }
}

void pyw_failed_code_note_canary(pyw_worker_group *group, const pyw_child *canary, const char *fault,
                                 const pyw_board_failure *failure)
{
    pyw_failed_code *noted = &group->failed;
    uint64_t scripts = canary != NULL && canary->board != NULL ? canary->board->scripts : 0;

    noted->at = time(NULL);
    pyw_child_copy_failure(failure, noted->traceback, sizeof(noted->traceback));
    note_fault(noted, fault);
    noted->generation = group->generation;
    noted->scripts[0] = noted->replaced_by != 0 ? noted->replaced_by : scripts;
    noted->scripts[1] = scripts;
    note_files(group);
    group->code = PYW_CODE_PROVEN;
    pyw_group_log(group, PYW_LOG_ERR,
                  PYWNO(0408) "group '%s': the canary (worker %ld) ends after %" PRIu64
                              " requests, and the old code stays: %s%s%s",
                  group->options->name, (long)group->canary.pid, group->canary.requests, fault,
                  failure != NULL ? ": " : "", failure != NULL ? noted->problem : "");
    note_result(group);
}

int pyw_failed_code_is_refused(const pyw_worker_group *group, uint64_t scripts)
{
    const uint64_t *failed = group->failed.scripts;

    if (scripts == 0) {
        return failed[0] != 0; /* a template does not send the state; its workers do */
    }
    return scripts == failed[0] || scripts == failed[1];
}

void pyw_failed_code_log_later(const pyw_child *child)
{
    pyw_group_log(child->group, PYW_LOG_ERR,
                  PYWNO(0358) "worker %ld of group '%s' does not serve: an application could not be loaded, and the "
                              "other workers have it; the next try is in %d s",
                  (long)child->pid, child->group->options->name, pyw_child_back_off(child->group->failures) / 1000);
}
