/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sigabbrev_np */
#endif
#include "manager/pyw_obituary.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/pyw_buffer.h"
#include "manager/pyw_group_log.h"
#include "wire/pyw_wait.h"

enum { LINES_MOST = 8 };

static const char *exit_reason(int status)
{
    switch (status) {
    case PYW_EXIT_DRAINED:
        return "finished";
    case PYW_EXIT_HERITAGE:
        return "did not understand the manager";
    case PYW_EXIT_PRIVILEGES:
        return "could not become its user";
    case PYW_EXIT_ENGINE:
        return "could not start Python";
    case PYW_EXIT_STARTUP:
        return "did not load its applications within startup-timeout";
    case PYW_EXIT_FORCED:
        return "was ended by shutdown-timeout";
    default:
        return "exited";
    }
}

static void describe_end(char *out, size_t size, int status)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        snprintf(out, size, "was killed by signal %d (SIG%s)%s", WTERMSIG(status), name != NULL ? name : "?",
                 WCOREDUMP(status) ? ", core dumped" : "");
    }
    else {
        snprintf(out, size, "%s (status %d)", exit_reason(WEXITSTATUS(status)), WEXITSTATUS(status));
    }
}

/* Copies a line out of memory that the worker could write: it need not end. */
static void add_line(pyw_buffer *out, const char *lead, const pyw_board_slot *slot)
{
    if (out->length > 0) {
        lead = ", ";
    }
    pyw_buffer_append(out, lead, strlen(lead));
    pyw_buffer_append(out, slot->line, strnlen(slot->line, PYW_BOARD_LINE));
}

static void describe_requests(pyw_buffer *out, const pyw_child *child, const char *lead, int only_running)
{
    int lines = 0;

    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        const pyw_board_slot *slot = &child->board->slots[i];

        if ((slot->busy || (!only_running && slot->line[0] != '\0')) && ++lines <= LINES_MOST) {
            add_line(out, lead, slot);
        }
    }
    if (lines > LINES_MOST) {
        char more[40];

        pyw_buffer_append(out, more, (size_t)snprintf(more, sizeof(more), ", and %d more", lines - LINES_MOST));
    }
    pyw_buffer_append(out, "", 1);
}

void pyw_obituary_last_requests(pyw_buffer *out, const pyw_child *child)
{
    describe_requests(out, child, "; its last requests: ", 0);
}

/* An end that the manager asked for is no news for the administrator. */
static pyw_log_level level_of(const pyw_child *child, int status)
{
    int asked = child->state == PYW_CHILD_DRAINING || child->state == PYW_CHILD_STOPPING;

    if (WIFEXITED(status) && WEXITSTATUS(status) == PYW_EXIT_DRAINED) {
        return PYW_LOG_INFO;
    }
    return asked ? PYW_LOG_NOTICE : PYW_LOG_ERR;
}

void pyw_obituary_write(const pyw_child *child, int status)
{
    char end[160];
    pyw_buffer running = {0};
    double age = (double)(pyw_wait_now() - child->started) / 1000;

    describe_end(end, sizeof(end), status);
    describe_requests(&running, child, "; it was running: ", 1);
    pyw_group_log(child->group, level_of(child, status),
                  PYWNO(0310) "worker %ld of group '%s' (%s) %s after %.1f s and %" PRIu64 " requests%s",
                  (long)child->pid, child->group->options->name, pyw_child_state_name(child->state), end, age,
                  child->board != NULL ? child->board->served : 0, running.failed ? "" : running.data);
    pyw_buffer_free(&running);
}
