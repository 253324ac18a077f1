/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POLLRDHUP */
#endif
#include "httpd/queue/admission.h"

#include <apr_strings.h>
#include <http_log.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/child_context.h"
#include "httpd/log/log.h"
#include "httpd/parent/liveness_pipe.h"
#include "httpd/queue/batch_scheduling.h"
#include "httpd/request/client_socket.h"
#include "httpd/status/board.h"

APLOG_USE_MODULE(pywsgi);

/* The interval at which a waiting request checks whether its client has left. */
#define POLL_MS 100

/* A client rarely leaves within this time, so do not spend a system call on the check. */
#define POLL_AFTER_MS 50

void pyw_admission_init(pyw_admission *admission, const pyw_target *target, pyw_response *response)
{
    memset(admission, 0, sizeof(*admission));
    admission->target = target;
    admission->response = response;
    admission->client_fd = pyw_client_socket_fd(response->r->connection);
}

static pyw_slots *slots_of(const pyw_admission *admission)
{
    return admission->target->group->slots;
}

static const pyw_group_options *options_of(const pyw_admission *admission)
{
    return admission->target->group->options;
}

static void fill_in_slot_request(const pyw_admission *admission, pyw_slot_parameters *parameters)
{
    const pyw_dir_config *config = admission->target->config;
    const pyw_group_options *options = options_of(admission);

    memset(parameters, 0, sizeof(*parameters));
    parameters->owner = pyw_httpd_child.pid;
    parameters->is_high = config->priority == PYW_ON;
    parameters->is_repeated = admission->is_repeated;
    parameters->location = config->concurrency_location;
    parameters->location_limit = config->concurrency;
    parameters->reserve = options->httpd.reserve;
    parameters->patience_ms = 1 + pyw_timing_bound(&admission->target->timing, PYW_SLOTS_PATIENCE_MS);
    parameters->queue_limit = options->httpd.queue_limit;
    parameters->queue_timeout_ms = (int)apr_time_as_msec(options->httpd.queue_timeout);
}

/* Sets Retry-After: whole seconds (RFC 9110 section 10.2.3). */
static void set_retry_after(const pyw_admission *admission)
{
    apr_int64_t wait = pyw_slots_expected_wait(slots_of(admission));

    apr_table_setn(admission->response->r->err_headers_out, "Retry-After",
                   apr_psprintf(admission->response->r->pool, "%" APR_INT64_T_FMT, 1 + wait / 1000));
}

/* Refuses the request. Logs at most one record a second. */
static int refuse_request(pyw_admission *admission, pyw_refusal refusal, const char *reason)
{
    pyw_slots_figures figures;
    apr_uint32_t count = 0;

    admission->refusal = refusal;
    set_retry_after(admission);
    if (pyw_slots_count_refusal(slots_of(admission), &count)) {
        pyw_slots_read_figures(slots_of(admission), &figures);
        pyw_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, admission->response->r,
            PYWNO(0262) "process group '%s' is overloaded, the client gets 503: %s (%u running in %u threads, "
                        "%u waiting; %u refused since the last such record)",
            options_of(admission)->name, reason, figures.running, figures.slots, figures.waiting, count);
    }
    return HTTP_SERVICE_UNAVAILABLE;
}

/* Logs at most one record a second from all processes of httpd. */
static int refuse_blocked(pyw_admission *admission)
{
    apr_int32_t holder = 0;
    apr_int64_t since = 0;

    admission->refusal = PYW_REFUSED_BLOCKED;
    set_retry_after(admission);
    if (pyw_slots_should_log_blocked(slots_of(admission), &holder, &since)) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, admission->response->r,
                       PYWNO(0228) "process group '%s': httpd's process %ld has locked the table of the group's "
                                   "requests for %.1f s, as if it were stopped (SIGSTOP, a debugger); clients get "
                                   "503 until it continues or exits",
                       options_of(admission)->name, (long)holder, (double)since / 1000);
    }
    return HTTP_SERVICE_UNAVAILABLE;
}

static int reached_deadline(pyw_admission *admission)
{
    const pyw_timing *timing = &admission->target->timing;
    request_rec *r = admission->response->r;

    admission->refusal = PYW_REFUSED_DEADLINE;
    pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                   PYWNO(0264) "process group '%s': \"%s\" waited for a free thread until its deadline, %.3f s "
                               "after its arrival (request-timeout); it was not run, and the client gets 504",
                   options_of(admission)->name, r->the_request, pyw_timing_age(timing));
    return HTTP_GATEWAY_TIME_OUT;
}

/*
 * A half-closed client counts as gone while its request waits: it cannot be distinguished from a client that has left,
 * whose request must not occupy a thread. When httpd's child exits, the descriptor is already closed.
 */
static int client_has_left(const pyw_admission *admission, apr_int64_t now)
{
    struct pollfd client = {admission->client_fd, POLLRDHUP, 0};

    if (pyw_response_client_gone(admission->response)) {
        return 1;
    }
    return client.fd >= 0 && now - admission->target->timing.arrival / 1000 >= POLL_AFTER_MS &&
           poll(&client, 1, 0) == 1;
}

/* The status of a request that must stop waiting; 0: continue. */
static int check_wait(pyw_admission *admission, apr_int64_t queue_end)
{
    apr_int64_t now = pyw_clock_ms();
    apr_int64_t deadline = admission->target->timing.deadline;

    if (client_has_left(admission, now)) {
        pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, admission->response->r,
                       PYWNO(0263) "the client left while its request waited for a worker");
        admission->response->client_gone = 1;
        admission->refusal = PYW_REFUSED_LEFT;
        return HTTP_BAD_REQUEST;
    }
    if (deadline && now >= deadline) {
        return reached_deadline(admission);
    }
    return now >= queue_end ? refuse_request(admission, PYW_REFUSED_LATE, "it waited for queue-timeout") : 0;
}

static apr_int64_t earlier(apr_int64_t one, apr_int64_t other)
{
    return one < other ? one : other;
}

/* Sets the end of the wait. Retries do not extend it. */
static void limit_wait(pyw_admission *admission)
{
    apr_int64_t timeout = apr_time_as_msec(options_of(admission)->httpd.queue_timeout);

    if (admission->queue_end == 0) {
        admission->queue_end = timeout > 0 ? pyw_clock_ms() + timeout : INT64_MAX;
    }
}

/* In a long queue less often, so that all waiting requests together check at most a thousand times a second. */
static apr_int64_t poll_ms(const pyw_admission *admission)
{
    return admission->slot.requests > POLL_MS ? admission->slot.requests : POLL_MS;
}

static pyw_slot_outcome wait_briefly(pyw_admission *admission)
{
    apr_int64_t end = earlier(admission->queue_end, pyw_clock_ms() + poll_ms(admission));

    if (admission->target->timing.deadline) {
        end = earlier(end, admission->target->timing.deadline);
    }
    if (pyw_slots_are_asleep(slots_of(admission))) {
        pyw_liveness_pipe_wake_manager();
    }
    return pyw_slots_wait(slots_of(admission), &admission->slot, (int)(end - pyw_clock_ms()));
}

/* OK: the request has a slot, or waits. */
static int status_of_outcome(pyw_slot_outcome outcome, pyw_admission *admission)
{
    switch (outcome) {
    case PYW_SLOT_FULL:
        return refuse_request(admission, PYW_REFUSED_FULL, "its queue is full (queue-limit)");
    case PYW_SLOT_TOO_LATE:
        return refuse_request(admission, PYW_REFUSED_LATE, "the wait would be longer than queue-timeout");
    case PYW_SLOT_DOWN:
        admission->refusal = PYW_REFUSED_DOWN;
        set_retry_after(admission); /* the manager has logged the reason */
        return HTTP_SERVICE_UNAVAILABLE;
    case PYW_SLOT_BLOCKED:
        return refuse_blocked(admission);
    default:
        return OK;
    }
}

/* Waits for a slot. Checks the client once more when the slot is granted. */
static int await_slot(pyw_admission *admission)
{
    pyw_slot_outcome outcome = PYW_SLOT_WAITS;

    limit_wait(admission);
    pyw_board_set(admission->target->measure.board, PYW_BOARD_QUEUED);
    while (outcome == PYW_SLOT_WAITS) {
        int status;

        outcome = wait_briefly(admission);
        status = check_wait(admission, outcome == PYW_SLOT_GRANTED ? INT64_MAX : admission->queue_end);
        if (!status) {
            status = status_of_outcome(outcome, admission);
        }
        if (status) {
            pyw_admission_take_back(admission);
            return status;
        }
    }
    return OK;
}

int pyw_admission_enter(pyw_admission *admission)
{
    pyw_slot_parameters parameters;
    pyw_slot_outcome outcome;
    int status;

    if (admission->is_repeated && pyw_clock_ms() >= admission->queue_end) {
        return refuse_request(admission, PYW_REFUSED_LATE, "it waited for queue-timeout");
    }
    fill_in_slot_request(admission, &parameters);
    outcome = pyw_slots_enter(slots_of(admission), &parameters, &admission->slot);
    pyw_batch_scheduling_note(admission->slot.requests);
    admission->has_slot = outcome == PYW_SLOT_GRANTED || outcome == PYW_SLOT_WAITS;
    status = outcome == PYW_SLOT_WAITS ? await_slot(admission) : status_of_outcome(outcome, admission);
    if (status == OK) {
        pyw_board_set(admission->target->measure.board, PYW_BOARD_APPLICATION);
        pyw_board_set_worker(admission->target->measure.board, admission->slot.pid);
    }
    return status;
}

static void leave_queue(pyw_admission *admission, int worked)
{
    if (admission->has_slot) {
        admission->has_slot = 0;
        pyw_slots_leave(slots_of(admission), &admission->slot, worked);
    }
}

void pyw_admission_leave(pyw_admission *admission)
{
    if (admission->has_slot) {
        pyw_board_set(admission->target->measure.board, PYW_BOARD_WRITING);
    }
    leave_queue(admission, 1);
}

void pyw_admission_retry(pyw_admission *admission, int is_gone)
{
    limit_wait(admission);
    admission->is_repeated = 1;
    pyw_slots_avoid(slots_of(admission), admission->slot.worker, is_gone);
    leave_queue(admission, 0);
}

void pyw_admission_take_back(pyw_admission *admission)
{
    leave_queue(admission, 0);
}

void pyw_admission_forget(pyw_admission *admission)
{
    admission->has_slot = 0;
}
