/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/child.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"

enum { FLOOD = 10000 }; /* frames at a time */

void pyw_child_change(pyw_child *child, pyw_child_event event)
{
    pyw_child_state state = pyw_child_next(child->state, event);

    if (state != child->state) {
        pyw_group_log(child->group, PYW_LOG_DEBUG, PYWNO(0311) "worker %ld of group '%s': %s -> %s", (long)child->pid,
                      child->group->options->name, pyw_child_state_name(child->state), pyw_child_state_name(state));
    }
    child->state = state;
}

void pyw_child_send(pyw_child *child, pyw_frame_type type, int fd)
{
    if (pyw_channel_fd(child->channel) >= 0) {
        pyw_channel_queue(child->channel, type, 0, NULL, 0, fd);
        pyw_channel_send(child->channel, 0);
    }
}

void pyw_child_drain(pyw_child *child, int limit_ms)
{
    if (child->state == PYW_CHILD_STARTING || child->state == PYW_CHILD_READY) {
        pyw_child_send(child, PYW_FRAME_DRAIN, -1);
        pyw_child_change(child, PYW_EVENT_DRAIN);
        child->kill_at = INT64_MAX;
    }
    if (child->state == PYW_CHILD_DRAINING && limit_ms > 0 && child->kill_at > pyw_clock_ms() + limit_ms) {
        child->kill_at = pyw_clock_ms() + limit_ms;
    }
}

void pyw_child_replace(pyw_child *child)
{
    pyw_child_drain(child, pyw_worker_group_graceful_limit(child->group));
}

void pyw_child_kill(pyw_child *child)
{
    int was_starting = child->state == PYW_CHILD_STARTING;

    pyw_child_change(child, PYW_EVENT_KILL);
    child->kill_at = INT64_MAX;
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    if (was_starting) {
        /* Now, as the next one would be started before this one is buried. */
        child->group->report(child->group, child, PYW_REPORT_START_FAILED);
    }
}

void pyw_child_adopt(pyw_child *child)
{
    pyw_worker_group *group = child->group;

    if (group->options->worker.startup_timeout > 0) {
        child->kill_at = child->started + apr_time_as_msec(group->options->worker.startup_timeout);
    }
    child->next = group->children;
    group->children = child;
    pyw_group_log(group, PYW_LOG_INFO, PYWNO(0313) "worker %ld of group '%s' starts", (long)child->pid,
                  group->options->name);
}

pyw_result pyw_child_hear(pyw_child *child, void (*obey)(pyw_child *child, const pyw_frame *frame))
{
    for (int i = 0; i < FLOOD; i++) {
        pyw_result result = PYW_AGAIN;
        pyw_frame frame;

        if (pyw_channel_fd(child->channel) >= 0) {
            result = pyw_channel_read(child->channel, &frame, 0);
        }
        if (result != PYW_OK) {
            return result;
        }
        obey(child, &frame);
    }
    return PYW_MALFORMED;
}

/* The board is the worker's to write, even now. */
void pyw_child_note_problem(pyw_child *child)
{
    if (child->board != NULL) {
        pyw_log_escape(child->problem, sizeof(child->problem), child->board->problem,
                       strnlen(child->board->problem, sizeof(child->board->problem)));
    }
}

int pyw_child_is_mended(const pyw_child *child)
{
    return child->is_broken && child->state == PYW_CHILD_READY && child->board != NULL &&
           child->board->problem[0] == '\0';
}

int pyw_child_is_current(const pyw_child *child)
{
    return child->generation == child->group->generation && !child->is_recycled;
}

/* What a worker may say to the manager. */
static const struct {
    pyw_frame_type type;
    pyw_report report;
} reports[] = {
    {PYW_FRAME_READY, PYW_REPORT_READY}, {PYW_FRAME_BROKEN, PYW_REPORT_BROKEN},
    {PYW_FRAME_STALE, PYW_REPORT_STALE}, {PYW_FRAME_RENEW, PYW_REPORT_RENEW},
    {PYW_FRAME_STUCK, PYW_REPORT_STUCK}, {PYW_FRAME_FINISHING, PYW_REPORT_FINISHING},
    {PYW_FRAME_LARGE, PYW_REPORT_LARGE}, {PYW_FRAME_OVERDUE, PYW_REPORT_OVERDUE},
};

static void take_report(pyw_child *child, const pyw_frame *frame)
{
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        if (reports[i].type == frame->type) {
            child->group->report(child->group, child, reports[i].report);
            return;
        }
    }
    pyw_group_log(child->group, PYW_LOG_ERR, PYWNO(0319) "worker %ld of group '%s' sent %s, which is not its to send",
                  (long)child->pid, child->group->options->name, pyw_frame_type_name(frame->type));
    pyw_child_kill(child);
}

void pyw_child_listen(pyw_child *child)
{
    pyw_result result = pyw_child_hear(child, take_report);

    if (result == PYW_AGAIN) {
        return;
    }
    if (result == PYW_MALFORMED) {
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0320) "worker %ld of group '%s' does not keep to the protocol and is killed",
                      (long)child->pid, child->group->options->name);
        pyw_child_kill(child);
    }
    /*
     * It has ended, or an application closed the descriptor: then it cannot be steered any more and must end. SIGCHLD
     * tells the end of every worker, as a process that one has forked may hold the channel open.
     */
    pyw_channel_close(child->channel);
    kill(child->pid, SIGTERM);
}
