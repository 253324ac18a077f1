/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/template.h"

#include "base/clock.h"
#include "manager/child/exit_report.h"
#include "manager/child/spawn.h"

enum {
    FORK_LIMIT_MS = 10 * 1000, /* a fork is quick, unless a function that the application runs before it hangs */
    END_LIMIT_MS = 1000        /* a template has no requests to finish, and need not finish loading */
};

/* The template that new workers are forked from; it may still be loading. NULL: there is none. */
static pyw_child *find_current(const pyw_worker_group *group)
{
    pyw_child *template = LIST_FIRST(&group->templates);

    while (template != NULL && (template->state >= PYW_CHILD_DRAINING || template->generation != group->generation)) {
        template = LIST_NEXT(template, next);
    }
    return template;
}

int pyw_template_is_ready(const pyw_worker_group *group)
{
    const pyw_child *template = group->options->manager.preload ? find_current(group) : NULL;

    return !group->options->manager.preload ||
           (template != NULL && pyw_child_is_loaded(template) && pyw_channel_fd(template->channel) >= 0);
}

static void start_template(pyw_worker_group *group)
{
    pyw_problem problem;
    pyw_child *template = pyw_spawn_template(group, &problem);

    if (template == NULL) {
        pyw_group_log(group, PYW_LOG_CRIT, PYWNO(0390) "the template of group '%s' cannot be started: %s",
                      group->options->name, problem.text);
        group->report(group, NULL, PYW_REPORT_START_FAILED);
        return;
    }
    if (group->options->worker.startup_timeout > 0) {
        template->kill_at = template->started + apr_time_as_msec(group->options->worker.startup_timeout);
    }
    LIST_INSERT_HEAD(&group->templates, template, next);
    pyw_group_log(group, PYW_LOG_INFO, PYWNO(0391) "template %ld of group '%s' starts", (long)template->pid,
                  group->options->name);
}

/* Has a worker of this generation loaded the code, or is there no older worker? */
static int is_proven(const pyw_worker_group *group)
{
    int old = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (child->state == PYW_CHILD_READY && child->generation == group->generation) {
            return 1;
        }
        old += child->generation != group->generation && child->state < PYW_CHILD_DRAINING;
    }
    return old == 0;
}

static void end_others(pyw_worker_group *group, const pyw_child *but)
{
    pyw_child *template;

    LIST_FOREACH (template, &group->templates, next) {
        if (template != but && template->state < PYW_CHILD_DRAINING) {
            pyw_child_drain(template, END_LIMIT_MS);
        }
    }
}

static void log_overdue(const pyw_child *template)
{
    const char *name = template->group->options->name;

    if (template->state == PYW_CHILD_STARTING) {
        pyw_group_log(template->group, PYW_LOG_ERR,
                      PYWNO(0392) "template %ld of group '%s' did not load the applications within startup-timeout "
                                  "(%.3g s) and is killed",
                      (long)template->pid, name,
                      (double)template->group->options->worker.startup_timeout / APR_USEC_PER_SEC);
    }
    else if (pyw_child_is_loaded(template) && pyw_channel_fd(template->channel) >= 0) {
        pyw_group_log(template->group, PYW_LOG_ERR,
                      PYWNO(0393) "template %ld of group '%s' did not fork a worker within %d s and is killed",
                      (long)template->pid, name, FORK_LIMIT_MS / 1000);
    }
}

static void kill_overdue(pyw_worker_group *group, int64_t *next)
{
    pyw_child *template;

    LIST_FOREACH (template, &group->templates, next) {
        if (template->kill_at <= pyw_clock_ms()) {
            log_overdue(template);
            pyw_child_kill(template);
        }
        *next = template->kill_at < *next ? template->kill_at : *next;
    }
}

int64_t pyw_template_step(pyw_worker_group *group)
{
    int is_wanted = group->options->manager.preload && group->phase == PYW_PHASE_SERVING;
    pyw_child *current = is_wanted ? find_current(group) : NULL;
    int64_t next = INT64_MAX;

    if (!group->options->manager.preload) {
        end_others(group, NULL);
    }
    else if (is_wanted && current == NULL && group->start_at <= pyw_clock_ms()) {
        start_template(group);
    }
    else if (current != NULL && pyw_child_is_loaded(current) && is_proven(group)) {
        end_others(group, current);
    }
    kill_overdue(group, &next);
    if (is_wanted && find_current(group) == NULL && group->start_at < next) {
        next = group->start_at;
    }
    return next;
}

pyw_result pyw_template_order(pyw_worker_group *group, pyw_problem *problem)
{
    pyw_child *template = find_current(group);
    pyw_child *child = pyw_spawn_order(group, template, problem);

    if (child == NULL) {
        return PYW_FAILED;
    }
    LIST_INSERT_HEAD(&group->ordered, child, next);
    if (template->kill_at == INT64_MAX) {
        template->kill_at = pyw_clock_ms() + FORK_LIMIT_MS;
    }
    return PYW_OK;
}

void pyw_template_loaded(pyw_child *template, pyw_child_event event)
{
    pyw_worker_group *group = template->group;
    int was_starting = template->state == PYW_CHILD_STARTING;
    int is_broken = event == PYW_EVENT_BROKEN;

    pyw_child_change(template, event);
    if (!was_starting || !pyw_child_is_loaded(template)) {
        return;
    }
    template->kill_at = INT64_MAX;
    if (is_broken) {
        pyw_child_note_problem(template);
    }
    pyw_group_log(group, is_broken ? PYW_LOG_ERR : PYW_LOG_INFO,
                  PYWNO(0394) "template %ld of group '%s' is ready after %.3f s%s", (long)template->pid,
                  group->options->name, (double)(pyw_clock_ms() - template->started) / 1000,
                  is_broken ? ", but an application could not be loaded (see the records above)" : "");
}

static void listen_to_template(pyw_child *template)
{
    int was_open = pyw_channel_fd(template->channel) >= 0;

    pyw_child_listen(template);
    if (was_open && pyw_channel_fd(template->channel) < 0) {
        template->kill_at = pyw_clock_ms() + END_LIMIT_MS; /* it has ended, or can get no commands any more */
    }
}

static int is_known_child(const pyw_worker_group *group, pid_t pid)
{
    const pyw_child *child;
    const pyw_child *template;

    LIST_FOREACH (child, &group->children, next) {
        if (child->pid == pid) {
            return 1;
        }
    }
    LIST_FOREACH (template, &group->templates, next) {
        if (template->pid == pid) {
            return 1;
        }
    }
    return 0;
}

/* The templates have forked all workers that were ordered: the limit for a fork ends. */
static void end_fork_limit(pyw_worker_group *group)
{
    pyw_child *template;

    LIST_FOREACH (template, &group->templates, next) {
        if (pyw_child_is_loaded(template)) {
            template->kill_at = INT64_MAX;
        }
    }
}

static const char *explain_refusal(pyw_result result)
{
    switch (result) {
    case PYW_EOF:
        return "it could not be forked, or ended at once";
    case PYW_FAILED:
        return "its settings could not be sent, so it was killed";
    default:
        return "the answer came from a process that the template did not fork";
    }
}

static void refuse_child(pyw_worker_group *group, pyw_child *child, pyw_result result)
{
    pyw_group_log(group, PYW_LOG_ERR, PYWNO(0396) "a template of group '%s' did not fork a worker that was ordered: %s",
                  group->options->name, explain_refusal(result));
    group->report(group, child, PYW_REPORT_START_FAILED);
    pyw_spawn_free(child);
}

/* If the template has answered, the child leaves the list of ordered workers: it is adopted or freed. */
static void receive_child(pyw_worker_group *group, pyw_child *child)
{
    pyw_result result = pyw_spawn_forked(child);

    if (result == PYW_AGAIN) {
        return;
    }
    if (result == PYW_OK && is_known_child(group, child->pid)) {
        result = PYW_MALFORMED; /* a process that is known already has answered */
    }
    LIST_REMOVE(child, next);
    if (LIST_EMPTY(&group->ordered)) {
        end_fork_limit(group);
    }
    if (result == PYW_OK) {
        pyw_child_adopt(child);
    }
    else {
        refuse_child(group, child, result);
    }
}

void pyw_template_listen(pyw_worker_group *group)
{
    pyw_child *template;

    for (pyw_child *child = LIST_FIRST(&group->ordered), *next; child != NULL; child = next) {
        next = LIST_NEXT(child, next);
        receive_child(group, child);
    }
    LIST_FOREACH (template, &group->templates, next) {
        listen_to_template(template);
    }
}

static int has_loaded(const pyw_worker_group *group)
{
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (pyw_child_is_loaded(child) && child->generation == group->generation) {
            return 1;
        }
    }
    return 0;
}

/* Did it die before one of its workers was ready? An immediate successor would fail, too. */
static int was_useless(const pyw_child *template)
{
    return template->state == PYW_CHILD_STARTING ||
           (pyw_child_is_loaded(template) && template->generation == template->group->generation &&
            !has_loaded(template->group));
}

int pyw_template_reap(pyw_worker_group *group, pid_t pid)
{
    pyw_child *template = LIST_FIRST(&group->templates);

    while (template != NULL && template->pid != pid) {
        template = LIST_NEXT(template, next);
    }
    if (template == NULL) {
        return 0;
    }
    pyw_exit_report_reap(template);
    LIST_REMOVE(template, next);
    if (was_useless(template)) {
        group->report(group, template, PYW_REPORT_START_FAILED);
    }
    pyw_child_change(template, PYW_EVENT_EXIT);
    pyw_spawn_free(template);
    return 1;
}

void pyw_template_keep_old(pyw_worker_group *group)
{
    pyw_child *old = LIST_FIRST(&group->templates);

    while (old != NULL && (!pyw_child_is_loaded(old) || old->generation == group->generation)) {
        old = LIST_NEXT(old, next);
    }
    end_others(group, old);
    if (old != NULL) {
        old->generation = group->generation;
    }
}

/* A worker that the template still forks finds its channel closed, and exits. */
void pyw_template_stop(pyw_worker_group *group)
{
    while (!LIST_EMPTY(&group->ordered)) {
        pyw_child *child = LIST_FIRST(&group->ordered);

        LIST_REMOVE(child, next);
        pyw_spawn_free(child);
    }
    end_others(group, NULL);
}

void pyw_template_each_fd(const pyw_worker_group *group, void (*visit)(void *baton, int fd), void *baton)
{
    const pyw_child *child;
    const pyw_child *template;

    LIST_FOREACH (child, &group->ordered, next) {
        visit(baton, pyw_channel_fd(child->channel));
    }
    LIST_FOREACH (template, &group->templates, next) {
        visit(baton, pyw_channel_fd(template->channel));
    }
}

int pyw_template_is_gone(const pyw_worker_group *group)
{
    return LIST_EMPTY(&group->templates) && LIST_EMPTY(&group->ordered);
}
