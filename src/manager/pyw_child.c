/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_child.h"

#include <signal.h>
#include <string.h>

#include "base/pyw_clock.h"
#include "manager/pyw_group_log.h"

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

void pyw_child_drain(pyw_child *child, int limit_ms)
{
    if (child->state == PYW_CHILD_STARTING || child->state == PYW_CHILD_READY) {
        pyw_worker_group_send(child, PYW_FRAME_DRAIN, -1);
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
        pyw_worker_group_start_failed(child->group,
                                      child); /* now, as the next one would be started before this one is buried */
    }
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
