/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/failed_code.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

/* When the code was loaded that the workers run: the time of the youngest. */
static void describe_age(const pyw_worker_group *group, const pyw_child *failed, char *out, size_t size)
{
    int64_t started = 0;
    time_t moment;
    struct tm day;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child != failed && child->state == PYW_CHILD_READY && child->started > started) {
            started = child->started;
        }
    }
    moment = time(NULL) - (time_t)((pyw_clock_ms() - started) / 1000);
    localtime_r(&moment, &day);
    strftime(out, size, "%Y-%m-%d %H:%M:%S", &day);
}

static void log_failed_code(const pyw_worker_group *group, const pyw_child *failed)
{
    const char *name = group->options->name;
    char age[40];

    describe_age(group, failed, age, sizeof(age));
    if (group->is_retrying) {
        pyw_group_log(group, PYW_LOG_ERR,
                      PYWNO(0357) "the new workers of group '%s' do not start (see the records above): still serving "
                                  "the code of %s; the next try is in %d s",
                      name, age, pyw_child_back_off(group->failures) / 1000);
    }
    else {
        pyw_group_log(group, PYW_LOG_ERR,
                      PYWNO(0316) "the new code of group '%s' does not load (see the records above): still serving the "
                                  "code of %s; the next try is when the script or a file of reload-on= changes, or "
                                  "with: pywsgid reload %s",
                      name, age, name);
    }
}

/* For `pywsgid status`. A worker that says nothing more died, or was killed at startup-timeout. */
static void note_problem(pyw_worker_group *group, const pyw_child *failed)
{
    char *out = group->reload_problem;
    size_t size = sizeof(group->reload_problem);

    group->reload_failed_at = time(NULL);
    if (failed == NULL) {
        snprintf(out, size, "no new worker could be started");
    }
    else if (failed->is_broken) {
        snprintf(out, size, "%s", *failed->problem ? failed->problem : "an application does not load");
    }
    else {
        snprintf(out, size, "%s %ld %s before it had loaded its applications",
                 failed->is_template ? "template" : "worker", (long)failed->pid,
                 failed->state == PYW_CHILD_STOPPING ? "was killed" : "ended");
    }
}

/* A worker that a template of the kept code has forked proves nothing of the new code. */
void pyw_failed_code_forget(const pyw_child *loaded)
{
    if (loaded->code_generation >= loaded->group->refused_generation) {
        loaded->group->reload_failed_at = 0;
    }
}

void pyw_failed_code_note(pyw_worker_group *group, const pyw_child *failed)
{
    note_problem(group, failed);
    group->refused_generation = group->generation;
    group->refused_scripts[0] = group->rolled_scripts;
    group->refused_scripts[1] =
        failed != NULL && failed->is_broken && failed->board != NULL ? failed->board->scripts : 0;
    group->is_retrying = failed == NULL || !failed->is_broken;
    log_failed_code(group, failed);
}

int pyw_failed_code_is_refused(const pyw_worker_group *group, uint64_t scripts)
{
    if (scripts == 0) {
        return group->refused_scripts[0] != 0; /* a template: its workers know better */
    }
    return scripts == group->refused_scripts[0] || scripts == group->refused_scripts[1];
}

void pyw_failed_code_say_later(const pyw_child *child)
{
    pyw_group_log(child->group, PYW_LOG_ERR,
                  PYWNO(0358) "worker %ld of group '%s' does not serve: an application could not be loaded, and the "
                              "other workers have it; the next try is in %d s",
                  (long)child->pid, child->group->options->name, pyw_child_back_off(child->group->failures) / 1000);
}
