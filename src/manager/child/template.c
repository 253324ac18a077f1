/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/template.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "manager/child/exit_report.h"
#include "manager/child/spawn.h"

enum {
    ORDER_LIMIT_MS = 10 * 1000, /* it forks at once, unless what the application does before a fork does not return */
    END_LIMIT_MS = 1000         /* it has nothing to finish; it may be loading, which is not waited for */
};

static int is_alive(const pyw_child *template)
{
    return template->state == PYW_CHILD_STARTING || template->state == PYW_CHILD_READY;
}

/* The one that new workers come from, be it ready or not. NULL: there is none. */
static pyw_child *find_current(const pyw_worker_group *group)
{
    pyw_child *template = group->templates;

    while (template != NULL && (!is_alive(template) || template->generation != group->generation)) {
        template = template->next;
    }
    return template;
}

int pyw_template_is_ready(const pyw_worker_group *group)
{
    const pyw_child *template = group->options->manager.preload ? find_current(group) : NULL;

    return !group->options->manager.preload ||
           (template != NULL && template->state == PYW_CHILD_READY && pyw_channel_fd(template->channel) >= 0);
}

static void change_state(pyw_child *template, pyw_child_event event)
{
    template->state = pyw_child_next(template->state, event);
}

static void end_template(pyw_child *template)
{
    if (is_alive(template)) {
        pyw_child_send(template, PYW_FRAME_DRAIN, -1);
        change_state(template, PYW_EVENT_DRAIN);
        template->kill_at = pyw_clock_ms() + END_LIMIT_MS;
    }
}

static void kill_template(pyw_child *template)
{
    change_state(template, PYW_EVENT_KILL);
    template->kill_at = INT64_MAX;
    kill(-template->pid, SIGKILL);
    kill(template->pid, SIGKILL);
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
    template->next = group->templates;
    group->templates = template;
    pyw_group_log(group, PYW_LOG_INFO, PYWNO(0391) "template %ld of group '%s' starts", (long)template->pid,
                  group->options->name);
}

/* Has a worker of this generation proved that its code is good, or is there none that would be missed? */
static int is_proven(const pyw_worker_group *group)
{
    int old = 0;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY && child->generation == group->generation && !child->is_broken) {
            return 1;
        }
        old += child->generation != group->generation && child->state <= PYW_CHILD_READY;
    }
    return old == 0;
}

static void end_others(pyw_worker_group *group, const pyw_child *but)
{
    for (pyw_child *template = group->templates; template != NULL; template = template->next) {
        if (template != but) {
            end_template(template);
        }
    }
}

static void say_why(const pyw_child *template)
{
    const char *name = template->group->options->name;

    if (template->state == PYW_CHILD_STARTING) {
        pyw_group_log(template->group, PYW_LOG_ERR,
                      PYWNO(0392) "template %ld of group '%s' did not load the applications within startup-timeout "
                                  "(%.3g s) and is killed",
                      (long)template->pid, name,
                      (double)template->group->options->worker.startup_timeout / APR_USEC_PER_SEC);
    }
    else if (template->state == PYW_CHILD_READY && pyw_channel_fd(template->channel) >= 0) {
        pyw_group_log(template->group, PYW_LOG_ERR,
                      PYWNO(0393) "template %ld of group '%s' did not fork a worker within %d s and is killed",
                      (long)template->pid, name, ORDER_LIMIT_MS / 1000);
    }
}

static void kill_overdue(pyw_worker_group *group, int64_t *next)
{
    for (pyw_child *template = group->templates; template != NULL; template = template->next) {
        if (template->kill_at <= pyw_clock_ms()) {
            int was_starting = template->state == PYW_CHILD_STARTING;

            say_why(template);
            kill_template(template);
            if (was_starting) {
                group->report(group, template, PYW_REPORT_START_FAILED);
            }
        }
        *next = template->kill_at < *next ? template->kill_at : *next;
    }
}

int64_t pyw_template_step(pyw_worker_group *group)
{
    int may_run = !group->is_stopping && !group->is_stopped && group->retire_at == INT64_MAX;
    int is_wanted = group->options->manager.preload && may_run;
    pyw_child *current = is_wanted ? find_current(group) : NULL;
    int64_t next = INT64_MAX;

    if (!group->options->manager.preload) {
        end_others(group, NULL);
    }
    else if (is_wanted && current == NULL && group->start_at <= pyw_clock_ms()) {
        start_template(group);
    }
    else if (current != NULL && current->state == PYW_CHILD_READY && is_proven(group)) {
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
    child->next = group->ordered;
    group->ordered = child;
    if (template->kill_at == INT64_MAX) {
        template->kill_at = pyw_clock_ms() + ORDER_LIMIT_MS;
    }
    return PYW_OK;
}

static void template_loaded(pyw_child *template, int is_broken)
{
    pyw_worker_group *group = template->group;

    if (template->state != PYW_CHILD_STARTING) {
        return;
    }
    change_state(template, PYW_EVENT_LOADED);
    template->kill_at = INT64_MAX;
    template->is_broken = is_broken;
    if (is_broken) {
        pyw_child_note_problem(template);
    }
    pyw_group_log(group, is_broken ? PYW_LOG_ERR : PYW_LOG_INFO,
                  PYWNO(0394) "template %ld of group '%s' is ready after %.3f s%s", (long)template->pid,
                  group->options->name, (double)(pyw_clock_ms() - template->started) / 1000,
                  is_broken ? ", but an application could not be loaded (see the records above)" : "");
    if (is_broken && template->generation == group->generation) {
        group->report(group, template, PYW_REPORT_REJECTED);
    }
}

static void handle_template_report(pyw_child *template, const pyw_frame *frame)
{
    switch (frame->type) {
    case PYW_FRAME_READY:
        template_loaded(template, 0);
        break;
    case PYW_FRAME_BROKEN:
        template_loaded(template, 1);
        break;
    case PYW_FRAME_STALE:
        if (template == find_current(template->group) && template->state == PYW_CHILD_READY) {
            template->group->report(template->group, template, PYW_REPORT_STALE);
        }
        break;
    default:
        pyw_group_log(template->group, PYW_LOG_ERR,
                      PYWNO(0395) "template %ld of group '%s' sent %s, which is not its to send: it is killed",
                      (long)template->pid, template->group->options->name, pyw_frame_type_name(frame->type));
        kill_template(template);
    }
}

static void listen_to_template(pyw_child *template)
{
    if (pyw_child_hear(template, handle_template_report) != PYW_AGAIN) {
        /* It has ended, or cannot be steered any more and must end. */
        pyw_channel_close(template->channel);
        kill(template->pid, SIGTERM);
        template->kill_at = pyw_clock_ms() + END_LIMIT_MS;
    }
}

static int is_known_child(const pyw_worker_group *group, pid_t pid)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->pid == pid) {
            return 1;
        }
    }
    for (const pyw_child *template = group->templates; template != NULL; template = template->next) {
        if (template->pid == pid) {
            return 1;
        }
    }
    return 0;
}

/* Nobody waits for the template when there is nothing more that it owes. */
static void relax(pyw_worker_group *group)
{
    for (pyw_child *template = group->templates; template != NULL; template = template->next) {
        if (template->state == PYW_CHILD_READY) {
            template->kill_at = INT64_MAX;
        }
    }
}

static void refuse_child(pyw_worker_group *group, pyw_child *child, pyw_result result)
{
    if (!group->is_stopping) {
        pyw_group_log(group, PYW_LOG_ERR, PYWNO(0396) "a worker of group '%s' did not come out of its template: %s",
                      group->options->name,
                      result == PYW_EOF ? "it could not be forked, or ended at once"
                                        : "what came instead is no process that was forked for it");
        group->report(group, child, PYW_REPORT_START_FAILED);
    }
    pyw_spawn_free(child);
}

/* Takes the child out of its list; it is in another one, or freed, when this returns. */
static void receive_children(pyw_worker_group *group, pyw_child **link)
{
    pyw_child *child = *link;
    pyw_result result = pyw_spawn_forked(child);

    if (result == PYW_AGAIN) {
        return;
    }
    if (result == PYW_OK && is_known_child(group, child->pid)) {
        result = PYW_MALFORMED; /* the hand of a process that is here already */
    }
    *link = child->next;
    if (group->ordered == NULL) {
        relax(group);
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
    pyw_child **link = &group->ordered;

    while (*link != NULL) {
        pyw_child *child = *link;

        receive_children(group, link);
        if (*link == child) {
            link = &child->next;
        }
    }
    for (pyw_child *template = group->templates; template != NULL; template = template->next) {
        listen_to_template(template);
    }
}

static int has_ready(const pyw_worker_group *group)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_READY && child->generation == group->generation) {
            return 1;
        }
    }
    return 0;
}

/* It died before a worker of it was ready: the next one would fare no better at once. */
static int was_useless(const pyw_child *template)
{
    return template->state == PYW_CHILD_STARTING ||
           (template->state == PYW_CHILD_READY && template->generation == template->group->generation &&
            !has_ready(template->group));
}

int pyw_template_bury(pyw_worker_group *group, pid_t pid)
{
    pyw_child **link = &group->templates;
    pyw_child *template;
    struct rusage usage = {0};
    int status = 0;

    while (*link != NULL && (*link)->pid != pid) {
        link = &(*link)->next;
    }
    template = *link;
    if (template == NULL) {
        return 0;
    }
    kill(-pid, SIGKILL); /* what it started and left behind */
    wait4(pid, &status, 0, &usage);
    pyw_log_intake_read_last(&group->intakes, pid, group->log);
    pyw_exit_report_write(template, status, (uint64_t)usage.ru_maxrss * 1024);
    *link = template->next;
    if (was_useless(template)) {
        group->report(group, template, PYW_REPORT_START_FAILED);
    }
    pyw_spawn_free(template);
    return 1;
}

void pyw_template_keep_old(pyw_worker_group *group)
{
    pyw_child *old = group->templates;

    while (old != NULL && (old->state != PYW_CHILD_READY || old->generation == group->generation)) {
        old = old->next;
    }
    end_others(group, old);
    if (old != NULL) {
        old->generation = group->generation;
    }
}

/* An ordered worker that still comes finds its channel closed, and ends. */
void pyw_template_stop(pyw_worker_group *group)
{
    while (group->ordered != NULL) {
        pyw_child *child = group->ordered;

        group->ordered = child->next;
        pyw_spawn_free(child);
    }
    end_others(group, NULL);
}

void pyw_template_each_fd(const pyw_worker_group *group, void (*visit)(void *baton, int fd), void *baton)
{
    for (const pyw_child *child = group->ordered; child != NULL; child = child->next) {
        visit(baton, pyw_channel_fd(child->channel));
    }
    for (const pyw_child *template = group->templates; template != NULL; template = template->next) {
        visit(baton, pyw_channel_fd(template->channel));
    }
}

int pyw_template_is_gone(const pyw_worker_group *group)
{
    return group->templates == NULL && group->ordered == NULL;
}
