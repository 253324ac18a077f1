/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/deadline/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/traceparent.h"
#include "python/stacks.h"
#include "wsgi/state.h"

enum { REPORT_MAX = 1280 };

/* A copy of the facts about a request, because the request may end before they are logged. */
typedef struct report {
    char request[800];         /* "GET /path [id, traceparent ...]" */
    double waited, ran;        /* seconds */
    pyw_monitored_state state; /* the state in which the interrupt thread was woken */
    int is_gone;
    int is_overdue;
    int is_blocked; /* the exception that was raised has not been delivered yet */
    pyw_interruption raised;
    PyThreadState *thread;
    unsigned long thread_id;
    PyObject *exception; /* borrowed from the interpreter: the exception to raise */
    pyw_log_sink *log;
    void *log_baton;
} report;

/* Belongs to the deadline monitor. */
static report no_gil_report;

static void log_report(const report *about, pyw_log_level level, const char *text)
{
    char line[PYW_LOG_RECORD_MAX];
    size_t length = pyw_log_escape(line, sizeof(line), text, strlen(text));

    if (about->log != NULL) {
        about->log(about->log_baton, level, line, length);
    }
    else {
        pyw_log(level, "%s", line);
    }
}

/* Writes a record for each line. */
static void log_lines(const report *about, pyw_log_level level, pyw_buffer *lines)
{
    char *line = pyw_buffer_reserve(lines, 1);
    char *end = line;

    if (line == NULL) {
        return;
    }
    *end = '\0';
    for (line = lines->data; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        if (*line != '\0') {
            log_report(about, level, line);
        }
    }
}

static double age(int64_t since_us)
{
    return (double)(pyw_clock_us() - since_us) / 1e6;
}

/* The header traceparent of a request; an empty text: none, or malformed. */
static pyw_pair find_traceparent(const pyw_exchange *exchange)
{
    static const char name[] = "HTTP_TRACEPARENT";

    for (uint32_t i = 0; i < exchange->environ_count; i++) {
        const pyw_pair *pair = &exchange->environ_pairs[i];

        if (pair->name_length == sizeof(name) - 1 && memcmp(pair->name, name, sizeof(name) - 1) == 0 &&
            pyw_traceparent_is_valid(pair->value, pair->value_length)) {
            return *pair;
        }
    }
    return (pyw_pair){.value = ""};
}

/* The caller holds the deadline monitor's lock. */
static void describe_thread(report *about, const pyw_monitored *monitored)
{
    const pyw_request *request = monitored->request;
    const pyw_exchange *exchange = request->exchange;
    int method = (int)(request->method_length < 32 ? request->method_length : 32);
    int uri = (int)(request->uri_length < 512 ? request->uri_length : 512);

    pyw_pair traceparent = find_traceparent(exchange);

    memset(about, 0, sizeof(*about));
    snprintf(about->request, sizeof(about->request), "%.*s %.*s [%.100s%s%.*s]", method, request->method, uri,
             request->uri, exchange->id, traceparent.value_length > 0 ? ", traceparent " : "",
             (int)traceparent.value_length, traceparent.value);
    about->waited = (double)(monitored->begun - exchange->arrival) / 1e6;
    about->ran = age(monitored->begun);
    about->state = monitored->state;
    about->is_gone = monitored->is_gone;
    about->is_overdue = monitored->is_overdue;
    about->raised = monitored->raised;
    about->thread = monitored->thread;
    about->thread_id = monitored->thread_id;
    about->log = exchange->log_apart;
    about->log_baton = exchange->log_apart_baton;
}

static void report_timeout(const report *about, pyw_buffer *stack)
{
    char text[REPORT_MAX];

    snprintf(text, sizeof(text),
             PYWNO(0620) "%s: not answered in time (request-timeout): it waited %.3f s and has run for %.3f s; %s. Its "
                         "thread is at:",
             about->request, about->waited, about->ran,
             pyw_monitor_host()->interrupts ? "the thread is interrupted" : "the thread continues (interrupt=Off)");
    log_report(about, PYW_LOG_ERR, text);
    log_lines(about, PYW_LOG_ERR, stack);
}

static void report_gone(const report *about, pyw_buffer *stack)
{
    char text[REPORT_MAX];

    snprintf(text, sizeof(text),
             PYWNO(0621) "%s: the client left after %.3f s, the thread is interrupted "
                         "(WSGIClientGone). It is at:",
             about->request, about->waited + about->ran);
    log_report(about, PYW_LOG_INFO, text);
    log_lines(about, PYW_LOG_INFO, stack);
}

static const char *overdue_reason(const report *about)
{
    if (about->raised != PYW_INTERRUPTED_TIMEOUT) {
        return "Python's lock (the GIL) was not available to interrupt it";
    }
    return about->is_blocked ? "it is blocked in C code, called by the last line below"
                             : "it has caught pywsgi.RequestTimeout and continues";
}

static void report_overdue(const report *about, pyw_buffer *stack)
{
    char text[REPORT_MAX];

    snprintf(text, sizeof(text),
             PYWNO(0623) "%s: the thread still runs after %.3f s (interrupt-timeout is over): "
                         "%s. %s. It is at:",
             about->request, about->ran, overdue_reason(about),
             pyw_monitor_host()->overdue != NULL
                 ? "The worker is replaced"
                 : "An embedded thread cannot be replaced: it serves no other request until this request ends");
    log_report(about, PYW_LOG_ERR, text);
    log_lines(about, PYW_LOG_ERR, stack);
}

static void report_slow(const report *about, pyw_buffer *stack)
{
    char text[REPORT_MAX];

    snprintf(text, sizeof(text),
             PYWNO(0537) "%s: the request is slow (WSGISlowRequests): it waited %.3f s and has run for %.3f s, and "
                         "continues. Its thread is at:",
             about->request, about->waited, about->ran);
    log_report(about, PYW_LOG_WARNING, text);
    log_lines(about, PYW_LOG_WARNING, stack);
}

static void write_report(const report *about, pyw_buffer *stack)
{
    if (about->is_gone) {
        report_gone(about, stack);
    }
    else if (about->is_overdue) {
        report_overdue(about, stack);
    }
    else if (about->state == PYW_MONITORED_WANTED) {
        report_timeout(about, stack);
    }
    /* NO_GIL: the deadline monitor has written the report. */
}

/* The caller holds the GIL. 0: the request has ended. */
static int begin_report(report *about, uint64_t serial)
{
    pyw_monitored *monitored;

    pyw_monitor_lock();
    monitored = pyw_monitor_find(serial);
    if (monitored != NULL) {
        const pyw_adapter_state *state = monitored->request->state;

        describe_thread(about, monitored);
        about->exception = about->is_gone ? state->client_gone : state->request_timeout;
        about->is_blocked = about->thread->async_exc != NULL;
    }
    pyw_monitor_unlock();
    return monitored != NULL;
}

static int is_to_be_raised(const report *about)
{
    return about->is_gone ? about->raised == PYW_NOT_INTERRUPTED
                          : pyw_monitor_host()->interrupts && about->raised != PYW_INTERRUPTED_TIMEOUT;
}

/*
 * The caller holds the GIL and has not released it since, so a request that is found here cannot end before the
 * exception is set.
 */
static void conclude(const report *about, uint64_t serial)
{
    pyw_monitored *monitored;
    pyw_interruption how = about->raised;

    pyw_monitor_lock();
    monitored = pyw_monitor_find(serial);
    if (monitored != NULL) {
        if (is_to_be_raised(about)) {
            PyThreadState_SetAsyncExc(about->thread_id, about->exception);
            how = about->is_gone ? PYW_INTERRUPTED_GONE : PYW_INTERRUPTED_TIMEOUT;
        }
        pyw_monitor_was_interrupted(monitored, how);
    }
    pyw_monitor_unlock();
}

static void report_and_interrupt(uint64_t serial, pyw_interpreter *interpreter, int is_slow)
{
    report about;
    pyw_buffer stack = {0};
    int is_there;

    if (pyw_interpreter_enter(interpreter) != PYW_OK) {
        return;
    }
    is_there = begin_report(&about, serial);
    if (is_there) {
        /* Creating frame objects may start a garbage collection, which may run any code, so do not hold the lock. */
        pyw_stacks_format(&stack, about.thread);
        if (!is_slow) {
            conclude(&about, serial);
        }
    }
    pyw_interpreter_leave();
    if (is_there && is_slow) {
        report_slow(&about, &stack);
    }
    else if (is_there) {
        write_report(&about, &stack);
    }
    pyw_buffer_free(&stack);
}

static void *interrupt(void *unused)
{
    pyw_interpreter_stay_nameless();
    pyw_monitor_lock();
    do {
        pyw_monitored *monitored;
        int is_slow;

        while ((monitored = pyw_monitor_take_wanted(&is_slow)) != NULL) {
            uint64_t serial = monitored->serial;
            pyw_interpreter *interpreter = monitored->request->interpreter;

            pyw_monitor_unlock();
            report_and_interrupt(serial, interpreter, is_slow);
            pyw_monitor_lock();
        }
    } while (pyw_monitor_wait_wanted());
    pyw_monitor_unlock();
    pyw_interpreter_thread_end();
    return unused;
}

static void prepare_no_gil_report(const pyw_monitored *monitored)
{
    describe_thread(&no_gil_report, monitored);
}

/* Includes the stacks of all threads. */
static void report_no_gil(void)
{
    char text[REPORT_MAX];
    pyw_buffer stacks = {0};

    snprintf(
        text, sizeof(text),
        PYWNO(0622) "%s: not answered in time (request-timeout): it waited %.3f s and has run for %.3f s. Python's "
                    "lock (the GIL) is not available, because a thread holds it in C code: no thread can be "
                    "interrupted. The thread of this request is 0x%lx; the stacks of all threads follow:",
        no_gil_report.request, no_gil_report.waited, no_gil_report.ran, no_gil_report.thread_id);
    log_report(&no_gil_report, PYW_LOG_ERR, text);
    pyw_stacks_take(&stacks);
    log_lines(&no_gil_report, PYW_LOG_ERR, &stacks);
    pyw_buffer_free(&stacks);
}

const pyw_monitor_reports pyw_interrupt = {interrupt, prepare_no_gil_report, report_no_gil};
