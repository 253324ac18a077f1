/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/deadline/monitor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/os/thread.h"

enum {
    GIL_WAIT_MS = 1000, /* how long the interrupt thread may wait for the GIL before the stacks are taken without it */
    CLIENT_CHECK_MS = 200, /* interval of the checks for clients that have left */
    AWAKE_MS =
        1000 /* the deadline monitor sleeps after this time without a request; waking it costs the next request time */
};

static struct {
    pthread_mutex_t lock; /* held briefly, by threads with and without the GIL; no thread waits for the GIL while it
                             holds the lock */
    pthread_cond_t due;
    pthread_cond_t wanted;
    int is_started;
    int is_ending;
    pthread_t threads[2];
    const pyw_engine_host *host;
    const pyw_monitor_reports *reports;
    int slow_ms; /* WSGISlowRequests; 0: requests are not reported as slow */
    LIST_HEAD(monitored_requests, pyw_monitored) requests;
    uint64_t serial;
    int has_report;  /* the deadline monitor has a report, to be written without the lock */
    int64_t wake_at; /* when the deadline monitor checks again, even without a signal */
    atomic_int overdue;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .due = PTHREAD_COND_INITIALIZER, .wanted = PTHREAD_COND_INITIALIZER};

static void want(pyw_monitored *monitored, pyw_monitored_state state, int64_t now)
{
    monitored->state = state;
    monitored->is_wanted = 1;
    monitored->due = now + GIL_WAIT_MS;
    pthread_cond_signal(&all.wanted);
}

/* INT64_MAX: never. */
static int64_t interrupt_end(int64_t now)
{
    return all.host->interrupt_timeout_ms > 0 ? now + all.host->interrupt_timeout_ms : INT64_MAX;
}

static int64_t deadline_of(const pyw_monitored *monitored)
{
    int64_t deadline = monitored->request->exchange->deadline;

    return deadline != 0 ? deadline : INT64_MAX;
}

static void out_of_time(pyw_monitored *monitored, int64_t now)
{
    monitored->is_gone = 0;
    want(monitored, PYW_MONITORED_WANTED, now);
}

/* The client has left, but the request may still use all of its time, so only stop interrupting it. */
static void on_gil_timeout(pyw_monitored *monitored, int64_t now)
{
    if (monitored->is_gone) {
        monitored->state = PYW_MONITORED_WATCHED;
        monitored->due = deadline_of(monitored);
        return;
    }
    monitored->state = PYW_MONITORED_NO_GIL;
    monitored->due = all.host->interrupts ? interrupt_end(now) : INT64_MAX;
    all.reports->prepare_no_gil_report(monitored);
    all.has_report = 1;
}

static void request_is_overdue(pyw_monitored *monitored, int64_t now)
{
    monitored->is_overdue = 1;
    atomic_fetch_add(&all.overdue, 1);
    want(monitored, PYW_MONITORED_OVERDUE, now);
    if (all.host->overdue != NULL) {
        all.host->overdue(all.host->overdue_baton);
    }
}

static void give_up_interrupt(pyw_monitored *monitored, int64_t now)
{
    monitored->state = PYW_MONITORED_GIVEN_UP;
    monitored->due = INT64_MAX;
}

/* The action in each state when the request is due. */
static void (*const steps[])(pyw_monitored *, int64_t now) = {
    [PYW_MONITORED_WATCHED] = out_of_time,       [PYW_MONITORED_WANTED] = on_gil_timeout,
    [PYW_MONITORED_NO_GIL] = request_is_overdue, [PYW_MONITORED_INTERRUPTED] = request_is_overdue,
    [PYW_MONITORED_OVERDUE] = give_up_interrupt, [PYW_MONITORED_GIVEN_UP] = give_up_interrupt,
};

/* A thread inside the exchange will notice by itself that the client has left. */
static void check_client(pyw_monitored *monitored, int64_t now)
{
    pyw_request *request = monitored->request;

    monitored->gone_due = now + CLIENT_CHECK_MS;
    if (monitored->state != PYW_MONITORED_WATCHED || !pyw_request_try(request)) {
        return;
    }
    if (request->exchange->ops->client_gone(request->exchange)) {
        monitored->gone_due = INT64_MAX;
        monitored->is_gone = 1;
        want(monitored, PYW_MONITORED_WANTED, now);
    }
    pyw_request_done(request);
}

static void note_slow(pyw_monitored *monitored)
{
    monitored->slow_due = INT64_MAX;
    monitored->is_slow = 1;
    pthread_cond_signal(&all.wanted);
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* The time of the next check of the request. */
static int64_t next_look(const pyw_monitored *monitored)
{
    return earlier(monitored->due, earlier(monitored->gone_due, monitored->slow_due));
}

/* Returns when to check again. */
static int64_t check_requests(int64_t now)
{
    int64_t next = now + AWAKE_MS;
    pyw_monitored *monitored;

    LIST_FOREACH (monitored, &all.requests, next) {
        if (monitored->due <= now) {
            steps[monitored->state](monitored, now);
        }
        if (monitored->gone_due <= now) {
            check_client(monitored, now);
        }
        if (monitored->slow_due <= now) {
            note_slow(monitored);
        }
        next = earlier(next, next_look(monitored));
    }
    return next;
}

/* Sleeps while there is no request. */
static void *run_monitor(void *unused)
{
    int64_t next;
    int was_idle = 0;

    pthread_mutex_lock(&all.lock);
    while (!all.is_ending) {
        if (LIST_EMPTY(&all.requests) && was_idle) {
            all.wake_at = INT64_MAX;
            pthread_cond_wait(&all.due, &all.lock);
        }
        was_idle = LIST_EMPTY(&all.requests);
        next = check_requests(pyw_clock_ms());
        if (all.has_report) {
            all.has_report = 0;
            pthread_mutex_unlock(&all.lock);
            all.reports->report_no_gil();
            pthread_mutex_lock(&all.lock);
        }
        else {
            struct timespec time = {next / 1000, next % 1000 * 1000000};

            all.wake_at = next;
            pthread_cond_timedwait(&all.due, &all.lock, &time);
        }
    }
    pthread_mutex_unlock(&all.lock);
    return unused;
}

/* The caller holds the lock. */
static void start_deadline_threads(void)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&all.due, &attributes);
    pthread_condattr_destroy(&attributes);
    all.wake_at = INT64_MAX;
    if (pyw_thread_start(&all.threads[0], run_monitor, NULL) == 0) {
        all.is_started = pyw_thread_start(&all.threads[1], all.reports->interrupt, NULL) == 0 ? 2 : 1;
    }
    if (all.is_started < 2) {
        pyw_log(PYW_LOG_ERR, PYWNO(0625) "the threads that monitor deadlines cannot start: no request is interrupted");
    }
}

static void enlist(pyw_monitored *monitored)
{
    monitored->serial = ++all.serial;
    LIST_INSERT_HEAD(&all.requests, monitored, next);
}

static void delist(pyw_monitored *monitored)
{
    LIST_REMOVE(monitored, next);
    if (monitored->is_overdue) {
        atomic_fetch_sub(&all.overdue, 1);
    }
}

void pyw_monitor_begin(pyw_request *request, pyw_interpreter *interpreter)
{
    const pyw_exchange *exchange = request->exchange;
    pyw_monitored *monitored = &request->monitored;

    if (exchange->deadline == 0 && !exchange->interrupts_gone && all.slow_ms == 0) {
        return;
    }
    request->interpreter = interpreter;
    monitored->request = request;
    monitored->thread = PyThreadState_Get();
    monitored->thread_id = PyThread_get_thread_ident();
    monitored->begun = pyw_clock_us();
    monitored->due = deadline_of(monitored);
    monitored->gone_due = exchange->interrupts_gone ? monitored->begun / 1000 + CLIENT_CHECK_MS : INT64_MAX;
    monitored->slow_due = all.slow_ms > 0 ? monitored->begun / 1000 + all.slow_ms : INT64_MAX;
    pthread_mutex_lock(&all.lock);
    if (all.is_started == 0) {
        start_deadline_threads();
    }
    enlist(monitored);
    if (next_look(monitored) < all.wake_at) {
        pthread_cond_signal(&all.due);
    }
    pthread_mutex_unlock(&all.lock);
}

void pyw_monitor_end(pyw_request *request)
{
    pyw_monitored *monitored = &request->monitored;

    if (monitored->request == NULL) {
        return;
    }
    pthread_mutex_lock(&all.lock);
    delist(monitored);
    pthread_mutex_unlock(&all.lock);
    /* An exception that the thread has not received yet would hit its next request. */
    if (monitored->raised != PYW_NOT_INTERRUPTED) {
        PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), NULL);
    }
}

int pyw_monitor_overdue(void)
{
    return atomic_load(&all.overdue);
}

void pyw_monitor_configure(const pyw_engine_host *host, const pyw_monitor_reports *reports)
{
    all.host = host;
    all.reports = reports;
    all.slow_ms = (int)strtol(pyw_python_setting_get(host->python_settings, "slow-requests"), NULL, 10);
}

void pyw_monitor_stop(void)
{
    pthread_mutex_lock(&all.lock);
    all.is_ending = 1;
    pthread_cond_signal(&all.due);
    pthread_cond_signal(&all.wanted);
    pthread_mutex_unlock(&all.lock);
    for (int i = 0; i < all.is_started; i++) {
        pthread_join(all.threads[i], NULL);
    }
    all.is_started = 0;
}

void pyw_monitor_forget(void)
{
    static const pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

    all.lock = lock;
    all.due = all.wanted = condition;
    LIST_INIT(&all.requests);
    all.is_started = 0;
    atomic_store(&all.overdue, 0);
}

void pyw_monitor_lock(void)
{
    pthread_mutex_lock(&all.lock);
}

void pyw_monitor_unlock(void)
{
    pthread_mutex_unlock(&all.lock);
}

const pyw_engine_host *pyw_monitor_host(void)
{
    return all.host;
}

pyw_monitored *pyw_monitor_find(uint64_t serial)
{
    pyw_monitored *monitored;

    LIST_FOREACH (monitored, &all.requests, next) {
        if (monitored->serial == serial) {
            break;
        }
    }
    return monitored;
}

/* A late interruption does not extend the time limit. */
void pyw_monitor_was_interrupted(pyw_monitored *monitored, pyw_interruption how)
{
    int was_without_gil = monitored->state == PYW_MONITORED_NO_GIL;

    monitored->raised = how;
    if (how == PYW_INTERRUPTED_GONE) {
        monitored->state = PYW_MONITORED_WATCHED;
        monitored->due = deadline_of(monitored);
    }
    else if (how == PYW_NOT_INTERRUPTED || monitored->is_overdue) {
        give_up_interrupt(monitored, 0);
    }
    else {
        monitored->state = PYW_MONITORED_INTERRUPTED;
        monitored->due = was_without_gil ? monitored->due : interrupt_end(pyw_clock_ms());
    }
    if (monitored->due < all.wake_at) {
        pthread_cond_signal(&all.due);
    }
}

pyw_monitored *pyw_monitor_take_wanted(int *is_slow)
{
    pyw_monitored *monitored;

    LIST_FOREACH (monitored, &all.requests, next) {
        if (monitored->is_wanted || monitored->is_slow) {
            *is_slow = !monitored->is_wanted;
            *(monitored->is_wanted ? &monitored->is_wanted : &monitored->is_slow) = 0;
            break;
        }
    }
    return monitored;
}

int pyw_monitor_wait_wanted(void)
{
    if (!all.is_ending) {
        pthread_cond_wait(&all.wanted, &all.lock);
    }
    return !all.is_ending;
}
