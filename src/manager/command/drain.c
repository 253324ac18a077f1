/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/command/drain.h"

#include <apr_strings.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "manager/group/step.h"
#include "manager/handover.h"

enum {
    TEXT_SIZE = 200,
    SECOND_MS = 1000,
    FORCED_MS = 1000 /* for exit functions of applications after the deadline */
};

/* A client that waits for the end of httpd. */
typedef struct drain_wait {
    pyw_drain_phase told; /* the last phase that the client knows */
} drain_wait;

static long seconds_left(const pyw_drain *drain)
{
    int64_t left = drain->stop_at - pyw_clock_ms();

    return left > 0 ? (long)((left + SECOND_MS - 1) / SECOND_MS) : 0;
}

/* Describes the present phase of the drain. */
static void describe(const pyw_drain *drain, char text[TEXT_SIZE])
{
    switch (drain->phase) {
    case PYW_DRAIN_WAITS:
        snprintf(text, TEXT_SIZE, "httpd is not ready for a load balancer any more, and stops gracefully in %ld s",
                 seconds_left(drain));
        break;
    case PYW_DRAIN_STOPS:
        snprintf(text, TEXT_SIZE, "httpd stops gracefully: it accepts no connection, and finishes its requests");
        break;
    case PYW_DRAIN_FORCED:
        snprintf(text, TEXT_SIZE, "httpd has not finished in time, and stops at once");
        break;
    default:
        snprintf(text, TEXT_SIZE, "a restart of httpd has ended the drain");
    }
}

void pyw_drain_begin(pyw_manager *manager, long seconds, long deadline, const char *who)
{
    pyw_drain *drain = &manager->drain;
    char text[TEXT_SIZE];

    if (drain->phase > PYW_DRAIN_WAITS) {
        return;
    }
    drain->phase = PYW_DRAIN_WAITS;
    drain->stop_at = pyw_clock_ms() + seconds * SECOND_MS;
    drain->limit_ms = deadline * SECOND_MS;
    describe(drain, text);
    pyw_log(PYW_LOG_NOTICE, PYWNO(0404) "%s (pywsgi drain by %s)", text, who);
}

/* A pyw_command_check, for a drain_wait. The manager ends after httpd's children. */
static void check(pyw_manager *manager, pyw_command_client *client, void *awaited)
{
    const pyw_drain *drain = &manager->drain;
    drain_wait *waiting = awaited;
    char text[TEXT_SIZE];

    describe(drain, text);
    if (drain->phase == PYW_DRAIN_NONE) {
        pyw_command_server_answer(client, PYW_FRAME_REFUSED, "%s", text);
    }
    else if (drain->phase > PYW_DRAIN_WAITS && manager->is_stopping && LIST_EMPTY(&manager->groups)) {
        pyw_command_server_answer(client, PYW_FRAME_DONE, "httpd has stopped");
    }
    else if (waiting->told != drain->phase) {
        waiting->told = drain->phase;
        pyw_command_server_progress(client, "progress", text);
    }
}

void pyw_drain_answer(pyw_manager *manager, pyw_command_client *client, int is_waiting)
{
    char text[TEXT_SIZE];

    if (is_waiting) {
        pyw_command_server_await(client, check, apr_pcalloc(pyw_command_server_pool(client), sizeof(drain_wait)));
        return;
    }
    describe(&manager->drain, text);
    pyw_command_server_answer(client, PYW_FRAME_DONE, "%s", text);
}

void pyw_drain_cancel(pyw_manager *manager)
{
    if (manager->drain.phase != PYW_DRAIN_NONE) {
        manager->drain.phase = PYW_DRAIN_NONE;
        pyw_log(PYW_LOG_NOTICE, PYWNO(0407) "the drain has ended without a stop of httpd, because httpd was restarted");
    }
}

/* httpd's parent may have exited, and another process may have its pid. */
static void send_signal(const pyw_manager *manager, int number)
{
    if (getppid() == manager->parent) {
        kill(manager->parent, number);
    }
}

static void stop_gracefully(pyw_manager *manager)
{
    pyw_drain *drain = &manager->drain;

    drain->phase = PYW_DRAIN_STOPS;
    pyw_log(PYW_LOG_NOTICE, PYWNO(0405) "the drain is over: httpd (pid %ld) gets the signal to stop gracefully",
            (long)manager->parent);
    send_signal(manager, SIGWINCH);
}

/*
 * A child of httpd that stops gracefully ignores SIGTERM and waits for its requests, which httpd ends by SIGKILL only
 * ten seconds later. They end when the workers do.
 */
static void stop_at_once(pyw_manager *manager)
{
    pyw_worker_group *group;

    manager->drain.phase = PYW_DRAIN_FORCED;
    pyw_log(PYW_LOG_WARNING,
            PYWNO(0406) "httpd (pid %ld) has not stopped gracefully within %.3g s (--deadline of pywsgi drain): it is "
                        "sent the signal to stop at once",
            (long)manager->parent, (double)manager->drain.limit_ms / SECOND_MS);
    send_signal(manager, SIGTERM);
    LIST_FOREACH (group, &manager->groups, next) {
        pyw_worker_group_end(group, PYW_PHASE_LEAVE, FORCED_MS);
    }
}

int64_t pyw_drain_step(pyw_manager *manager)
{
    pyw_drain *drain = &manager->drain;

    if (pyw_handover_is_given(manager->handover)) {
        pyw_drain_cancel(manager);
    }
    if (manager->is_stopping) {
        return INT64_MAX;
    }
    if (drain->phase == PYW_DRAIN_WAITS && drain->stop_at <= pyw_clock_ms()) {
        stop_gracefully(manager);
    }
    if (drain->phase == PYW_DRAIN_STOPS && drain->limit_ms > 0 && drain->stop_at + drain->limit_ms <= pyw_clock_ms()) {
        stop_at_once(manager);
    }
    if (drain->phase == PYW_DRAIN_WAITS) {
        return drain->stop_at;
    }
    return drain->phase == PYW_DRAIN_STOPS && drain->limit_ms > 0 ? drain->stop_at + drain->limit_ms : INT64_MAX;
}
