/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"

enum { FRAMES_MOST = 10000 }; /* at a time */

const char *pyw_child_kind(const pyw_child *child)
{
    return child->is_template ? "template" : "worker";
}

/* A frame that the process may not send, or not in its state. */
static void reject(pyw_child *child, const char *frame)
{
    pyw_group_log(child->group, PYW_LOG_ERR,
                  PYWNO(0319) "%s %ld of group '%s' (%s) sent %s, which is not allowed: it is killed",
                  pyw_child_kind(child), (long)child->pid, child->group->options->name,
                  pyw_child_state_name(child->state), frame);
    pyw_child_kill(child);
}

void pyw_child_change(pyw_child *child, pyw_child_event event)
{
    int state = pyw_child_next(child->state, event);

    if (state == PYW_CHILD_PEER_ERROR) {
        reject(child, pyw_child_event_name(event));
    }
    else if (state == PYW_CHILD_DEFECT) {
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0380) "%s %ld of group '%s' (%s): the event %s is ignored; this is a defect of mod_pywsgi",
                      pyw_child_kind(child), (long)child->pid, child->group->options->name,
                      pyw_child_state_name(child->state), pyw_child_event_name(event));
    }
    else if (state != (int)child->state) {
        pyw_group_log(child->group, PYW_LOG_DEBUG, PYWNO(0311) "%s %ld of group '%s': %s -> %s", pyw_child_kind(child),
                      (long)child->pid, child->group->options->name, pyw_child_state_name(child->state),
                      pyw_child_state_name((pyw_child_state)state));
        child->state = (pyw_child_state)state;
    }
}

/* The reason that DRAIN carries. */
static pyw_end_reason end_reason(const pyw_child *child)
{
    if (child->is_recycled) {
        return child->end_reason;
    }
    return child->generation != child->group->generation ? PYW_END_RELOAD : PYW_END_SHUTDOWN;
}

void pyw_child_replace_by_signal(pyw_child *child)
{
    int limit = pyw_worker_group_graceful_limit(child->group);

    if (child->state < PYW_CHILD_DRAINING) {
        pyw_child_change(child, PYW_EVENT_DRAIN);
        child->kill_at = limit > 0 ? pyw_clock_ms() + limit : INT64_MAX;
    }
    kill(child->pid, SIGTERM);
}

void pyw_child_send_queued(pyw_child *child)
{
    if (pyw_channel_send(child->channel, 0) == PYW_FAILED) {
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0704) "the manager cannot send a command to %s %ld of group '%s' (%s): it is replaced",
                      pyw_child_kind(child), (long)child->pid, child->group->options->name, strerror(errno));
        pyw_child_replace_by_signal(child);
    }
}

void pyw_child_send(pyw_child *child, pyw_frame_type type, int fd)
{
    uint16_t flags = type == PYW_FRAME_DRAIN ? (uint16_t)end_reason(child) : 0;

    if (pyw_channel_fd(child->channel) >= 0) {
        pyw_channel_queue(child->channel, type, flags, NULL, 0, fd);
        pyw_child_send_queued(child);
    }
}

void pyw_child_replaced_for(pyw_child *child, pyw_restart_reason reason)
{
    if (child->replaced_for == 0) {
        child->replaced_for = 1 + (unsigned)reason;
    }
}

/* The restart reason of a worker that reached a limit; -1: it reached none. */
static int reached_limit(const pyw_child *child)
{
    static const int reasons[PYW_END_REASONS] = {
        [PYW_END_SHUTDOWN] = -1,
        [PYW_END_RELOAD] = PYW_RESTART_RELOAD,
        [PYW_END_SIGNAL] = PYW_RESTART_SIGNAL,
        [PYW_END_MAXIMUM_REQUESTS] = PYW_RESTART_REQUESTS,
        [PYW_END_RESTART_INTERVAL] = PYW_RESTART_AGE,
        [PYW_END_INACTIVITY_TIMEOUT] = PYW_RESTART_INACTIVITY,
        [PYW_END_CPU_TIME_LIMIT] = PYW_RESTART_CPU_TIME,
        [PYW_END_MEMORY_RECYCLE] = PYW_RESTART_MEMORY,
        [PYW_END_REQUEST_TIMEOUT] = PYW_RESTART_OVERDUE,
        [PYW_END_DEADLOCK_TIMEOUT] = PYW_RESTART_STUCK,
    };

    return child->is_recycled ? reasons[child->end_reason] : -1;
}

static pyw_restart_reason reason_of_generation(const pyw_worker_group *group)
{
    return group->stats.reload.cause == PYW_RELOAD_BY_OPTIONS ? PYW_RESTART_CONFIGURATION : PYW_RESTART_RELOAD;
}

void pyw_child_count_restart(const pyw_child *child, int is_oom)
{
    uint64_t *restarts = child->group->stats.restarts;

    if (child->is_template) {
        return;
    }
    if (is_oom) {
        restarts[PYW_RESTART_OOM]++;
    }
    else if (reached_limit(child) >= 0) {
        restarts[reached_limit(child)]++;
    }
    else if (child->replaced_for != 0) {
        restarts[child->replaced_for - 1]++;
    }
    else if (child->state < PYW_CHILD_DRAINING) { /* it ended by itself */
        restarts[child->state == PYW_CHILD_STARTING ? PYW_RESTART_STARTUP : PYW_RESTART_CRASH]++;
    }
}

void pyw_child_drain(pyw_child *child, int limit_ms)
{
    if (child->state < PYW_CHILD_DRAINING && child->generation != child->group->generation) {
        pyw_child_replaced_for(child, reason_of_generation(child->group));
    }
    if (child->state < PYW_CHILD_DRAINING) {
        pyw_child_send(child, PYW_FRAME_DRAIN, -1);
        if (child->state < PYW_CHILD_DRAINING) {
            pyw_child_change(child, PYW_EVENT_DRAIN);
            child->kill_at = INT64_MAX;
        }
    }
    if (child->state < PYW_CHILD_STOPPING && limit_ms > 0 && child->kill_at > pyw_clock_ms() + limit_ms) {
        child->kill_at = pyw_clock_ms() + limit_ms;
    }
}

void pyw_child_replace(pyw_child *child)
{
    apr_interval_time_t eviction = child->is_evicted ? child->group->options->manager.eviction_timeout : 0;

    pyw_child_drain(child,
                    eviction > 0 ? (int)apr_time_as_msec(eviction) : pyw_worker_group_graceful_limit(child->group));
}

void pyw_child_kill(pyw_child *child)
{
    int was_starting = child->state == PYW_CHILD_STARTING;

    pyw_child_change(child, PYW_EVENT_KILL);
    child->kill_at = INT64_MAX;
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    if (was_starting) {
        pyw_child_replaced_for(child, PYW_RESTART_STARTUP);
        /* Report it now: a successor may be started before this process is reaped. */
        child->group->report(child->group, child, PYW_REPORT_START_FAILED);
    }
}

void pyw_child_adopt(pyw_child *child)
{
    pyw_worker_group *group = child->group;

    if (group->options->worker.startup_timeout > 0) {
        child->kill_at = child->started + apr_time_as_msec(group->options->worker.startup_timeout);
    }
    LIST_INSERT_HEAD(&group->children, child, next);
    pyw_group_log(group, PYW_LOG_INFO, PYWNO(0313) "worker %ld of group '%s' starts", (long)child->pid,
                  group->options->name);
}

/* The process can write to its board at any time. */
void pyw_child_note_problem(pyw_child *child)
{
    if (child->board != NULL) {
        pyw_log_escape(child->problem, sizeof(child->problem), child->board->problem,
                       strnlen(child->board->problem, sizeof(child->board->problem)));
    }
}

void pyw_child_copy_failure(const pyw_board_failure *failure, char *text, size_t size)
{
    size_t length = failure != NULL ? strnlen(failure->text, PYW_BOARD_FAILURE) : 0;

    length = length < size ? length : size - 1;
    if (failure != NULL) {
        memcpy(text, failure->text, length);
    }
    text[length] = '\0';
}

const pyw_board_failure *pyw_child_last_failure(const pyw_child *child)
{
    uint32_t count = child->board != NULL ? child->board->failure_count : 0;

    count = count < PYW_BOARD_FAILURES ? count : PYW_BOARD_FAILURES;
    return count > 0 ? &child->board->failures[count - 1] : NULL;
}

int pyw_child_is_mended(const pyw_child *child)
{
    return child->state == PYW_CHILD_BROKEN && child->board != NULL && child->board->problem[0] == '\0';
}

int pyw_child_is_loaded(const pyw_child *child)
{
    return pyw_child_state_is_loaded(child->state);
}

int pyw_child_is_current(const pyw_child *child)
{
    return child->generation == child->group->generation && !child->is_recycled;
}

/* The frames that a process may send to the manager. */
static const struct {
    pyw_frame_type type;
    pyw_report report;
    int of_template; /* a template may send it, too */
} reports[] = {
    {PYW_FRAME_READY, PYW_REPORT_READY, 1},     {PYW_FRAME_BROKEN, PYW_REPORT_BROKEN, 1},
    {PYW_FRAME_STALE, PYW_REPORT_STALE, 1},     {PYW_FRAME_RENEW, PYW_REPORT_RENEW, 0},
    {PYW_FRAME_STUCK, PYW_REPORT_STUCK, 0},     {PYW_FRAME_FINISHING, PYW_REPORT_FINISHING, 0},
    {PYW_FRAME_LARGE, PYW_REPORT_LARGE, 0},     {PYW_FRAME_OVERDUE, PYW_REPORT_OVERDUE, 0},
    {PYW_FRAME_CHANGED, PYW_REPORT_CHANGED, 1}, {PYW_FRAME_UNCHANGED, PYW_REPORT_UNCHANGED, 1},
};

static void handle_report(pyw_child *child, const pyw_frame *frame)
{
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        if (reports[i].type == frame->type && (!child->is_template || reports[i].of_template)) {
            child->group->report(child->group, child, reports[i].report);
            return;
        }
    }
    reject(child, pyw_frame_type_name(frame->type));
}

/* PYW_AGAIN: there is nothing more to read, or the process was killed. Too many frames are PYW_MALFORMED. */
static pyw_result read_reports(pyw_child *child)
{
    for (int i = 0; i < FRAMES_MOST; i++) {
        pyw_frame frame;
        pyw_result result = pyw_channel_read(child->channel, &frame, 0);

        if (result != PYW_OK || child->state >= PYW_CHILD_STOPPING) {
            return result != PYW_OK ? result : PYW_AGAIN;
        }
        handle_report(child, &frame);
    }
    return PYW_MALFORMED;
}

/* The report is still there, and is read next time. */
static void cannot_read(pyw_child *child)
{
    pyw_group_log(child->group, PYW_LOG_ERR,
                  PYWNO(0701) "the manager cannot read the reports of %s %ld of group '%s' (%s): it is replaced",
                  pyw_child_kind(child), (long)child->pid, child->group->options->name, strerror(errno));
    if (child->state < PYW_CHILD_DRAINING) {
        pyw_child_replace(child);
    }
    else {
        pyw_child_kill(child);
        pyw_channel_close(child->channel);
    }
}

void pyw_child_listen(pyw_child *child)
{
    pyw_result result = pyw_channel_fd(child->channel) >= 0 ? read_reports(child) : PYW_AGAIN;

    if (result == PYW_AGAIN) {
        return;
    }
    if (result == PYW_FAILED) {
        cannot_read(child);
        return;
    }
    if (result == PYW_MALFORMED) {
        pyw_group_log(child->group, PYW_LOG_ERR, PYWNO(0320) "%s %ld of group '%s' violates the protocol and is killed",
                      pyw_child_kind(child), (long)child->pid, child->group->options->name);
        pyw_child_kill(child);
    }
    /*
     * The process has ended, or an application closed the descriptor, so that the process can get no commands and must
     * end. Only SIGCHLD shows its end reliably, because a process that it has forked may hold the channel open.
     */
    pyw_channel_close(child->channel);
    kill(child->pid, SIGTERM);
}

pyw_child *pyw_child_find(const pyw_worker_group_list *groups, pid_t pid)
{
    const pyw_worker_group *group;
    pyw_child *child;

    LIST_FOREACH (group, groups, next) {
        LIST_FOREACH (child, &group->children, next) {
            if (child->pid == pid) {
                return child;
            }
        }
    }
    return NULL;
}
