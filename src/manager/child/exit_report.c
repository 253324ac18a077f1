/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sigabbrev_np, wait4 */
#endif
#include "manager/child/exit_report.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "manager/child/crash_traceback.h"
#include "manager/child/measure.h"

enum { LINES_MOST = 8 };

static const char *exit_reason(int status)
{
    switch (status) {
    case PYW_EXIT_DRAINED:
        return "finished";
    case PYW_EXIT_HERITAGE:
        return "could not read the settings from the manager";
    case PYW_EXIT_PRIVILEGES:
        return "could not become its user";
    case PYW_EXIT_ENGINE:
        return "could not start Python";
    case PYW_EXIT_STARTUP:
        return "did not load its applications within startup-timeout";
    case PYW_EXIT_FORCED:
        return "was ended by shutdown-timeout";
    case PYW_EXIT_OVERDUE:
        return "finished, except for requests that did not end after their deadline,";
    case PYW_EXIT_PROGRAM:
        return "ended with its program";
    default:
        return "exited";
    }
}

/* A SIGKILL that the manager did not send, while the counter of OOM kills increased. Each death takes one count. */
static void describe_oom(char *out, size_t size, pyw_child *child, int status)
{
    int64_t kills = child->state == PYW_CHILD_STOPPING ? 0 : pyw_oom_kills(&child->oom);
    char file[PYW_OOM_PATH];
    pyw_child *other;

    out[0] = '\0';
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL || kills == 0) {
        return;
    }
    snprintf(out, size,
             " by the kernel's OOM killer (oom_kill of %s went from %" PRId64 " to %" PRId64 ": no memory was left)",
             child->oom.file, child->oom.before, child->oom.before + kills);
    memcpy(file, child->oom.file, sizeof(file));
    LIST_FOREACH (other, &child->group->children, next) {
        pyw_oom_take(&other->oom, file);
    }
}

/* `oom`: what describe_oom has written. */
static void describe_end(char *out, size_t size, const char *oom, int status)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));

        snprintf(out, size, "was killed by signal %d (SIG%s)%s%s", WTERMSIG(status), name != NULL ? name : "?", oom,
                 WCOREDUMP(status) ? ", core dumped," : "");
    }
    else {
        snprintf(out, size, "%s (status %d)", exit_reason(WEXITSTATUS(status)), WEXITSTATUS(status));
    }
}

/* The resident memory at the last measurement, and the maximum. */
static void describe_memory(char *out, size_t size, const pyw_child *child, uint64_t most)
{
    char now[32], peak[32];

    pyw_measure_describe_size(now, sizeof(now), child->measured.resident);
    pyw_measure_describe_size(peak, sizeof(peak), most > child->measured.resident ? most : child->measured.resident);
    if (child->measured.resident > 0) {
        snprintf(out, size, "with %s of memory (%s at most)", now, peak);
    }
    else {
        snprintf(out, size, "with %s of memory at most", peak);
    }
}

/* Copies a line from memory that the worker could write to, so it may not be terminated. */
static void add_board_line(pyw_buffer *out, const char *lead, const pyw_board_slot *slot)
{
    pyw_buffer_append(out, lead, strlen(lead));
    pyw_buffer_append(out, slot->line, strnlen(slot->line, PYW_BOARD_LINE));
    if (slot->id[0] != '\0') {
        pyw_buffer_append(out, " (id ", 5);
        pyw_buffer_append(out, slot->id, strnlen(slot->id, PYW_BOARD_ID));
        pyw_buffer_append(out, ")", 1);
    }
}

static void describe_requests(pyw_buffer *out, const pyw_child *child, const char *lead, int only_running,
                              const pyw_board_slot *but)
{
    int lines = 0;

    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        const pyw_board_slot *slot = &child->board->slots[i];

        if (slot != but && (slot->busy || (!only_running && slot->line[0] != '\0')) && ++lines <= LINES_MOST) {
            add_board_line(out, lines == 1 ? lead : ", ", slot);
        }
    }
    if (lines > LINES_MOST) {
        char more[40];

        pyw_buffer_append(out, more, (size_t)snprintf(more, sizeof(more), ", and %d more", lines - LINES_MOST));
    }
}

void pyw_exit_report_last_requests(pyw_buffer *out, const pyw_child *child)
{
    describe_requests(out, child, "; its last requests: ", 0, NULL);
    pyw_buffer_append(out, "", 1);
}

/* The slot of the thread that crashed; -1: the worker did not crash, or the thread is not known. */
static int find_dying(const pyw_child *child, int status)
{
    uint32_t dying = child->board != NULL && pyw_crash_traceback_is_due(status) ? child->board->dying : 0;

    return dying >= 1 && dying <= (uint32_t)child->board_threads && child->board->slots[dying - 1].busy ? (int)dying - 1
                                                                                                        : -1;
}

static void describe_running(pyw_buffer *out, const pyw_child *child, int dying)
{
    const pyw_board_slot *slot = dying >= 0 ? &child->board->slots[dying] : NULL;

    if (slot != NULL) {
        add_board_line(out, "; it died of: ", slot);
    }
    describe_requests(out, child, slot != NULL ? "; it was also running: " : "; it was running: ", 1, slot);
    pyw_buffer_append(out, "", 1);
}

/* An end that the manager asked for needs no attention. */
static pyw_log_level level_of(const pyw_child *child, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == PYW_EXIT_DRAINED) {
        return PYW_LOG_INFO;
    }
    return child->state >= PYW_CHILD_DRAINING ? PYW_LOG_NOTICE : PYW_LOG_ERR;
}

static void note_suspect(const pyw_child *child, int slot, int64_t now)
{
    const pyw_crash_suspect *named =
        pyw_crash_loop_note(&child->group->crash_loop, child->board->slots[slot].line, PYW_BOARD_LINE, now);

    if (named != NULL) {
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0367) "\"%s\" was running in each of %d workers of group '%s' that died within a minute: "
                                  "it may be what kills them",
                      named->line, PYW_CRASH_LOOP_DEATHS, child->group->options->name);
    }
}

/* If the thread that crashed is not known, each running request is a suspect. */
static void note_suspects(const pyw_child *child, int dying)
{
    int64_t now = pyw_clock_ms();

    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        if (child->board->slots[i].busy && (dying < 0 || dying == i)) {
            note_suspect(child, i, now);
        }
    }
}

void pyw_exit_report_note_stuck(const pyw_child *child)
{
    note_suspects(child, -1);
}

static void write_report(pyw_child *child, int status, uint64_t most_memory)
{
    char oom[PYW_OOM_PATH + 160], end[PYW_OOM_PATH + 320], memory[100];
    pyw_buffer running = {0};
    double age = (double)(pyw_clock_ms() - child->started) / 1000;
    int dying = find_dying(child, status);

    if (pyw_crash_traceback_is_due(status)) {
        pyw_crash_traceback_log(child);
    }
    describe_oom(oom, sizeof(oom), child, status);
    pyw_child_count_restart(child, oom[0] != '\0');
    describe_end(end, sizeof(end), oom, status);
    describe_memory(memory, sizeof(memory), child, most_memory);
    describe_running(&running, child, dying);
    pyw_group_log(child->group, level_of(child, status),
                  PYWNO(0310) "%s %ld of group '%s' (%s) %s after %.1f s and %" PRIu64 " requests, %s%s",
                  pyw_child_kind(child), (long)child->pid, child->group->options->name,
                  pyw_child_state_name(child->state), end, age, child->board != NULL ? child->board->served : 0, memory,
                  running.failed ? "" : running.data);
    if (level_of(child, status) == PYW_LOG_ERR) {
        note_suspects(child, dying);
    }
    pyw_buffer_free(&running);
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

int pyw_exit_report_reap(pyw_child *child)
{
    struct rusage usage = {0};
    int status = 0;

    kill(-child->pid, SIGKILL); /* processes that it started and left behind */
    wait4(child->pid, &status, 0, &usage);
    pyw_measure_cpu_time(child, microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
    pyw_log_intake_read_last(&child->group->intakes, child->pid, child->group->log);
    write_report(child, status, (uint64_t)usage.ru_maxrss * 1024);
    return status;
}
