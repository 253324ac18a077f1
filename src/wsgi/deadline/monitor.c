/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/deadline/monitor.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

enum {
    GIL_WAIT_MS = 1000, /* how long the interrupter may take to get the GIL before the stacks are taken without it */
    GONE_LOOK_MS = 200, /* how often clients are looked at */
    LINGER_MS = 1000    /* how long the overseer stays awake without a request: waking it costs the next one time */
};

static struct {
    pthread_mutex_t lock; /* held briefly, by threads with the GIL and without; nobody waits for the GIL with it */
    pthread_cond_t due;
    pthread_cond_t wanted;
    int is_started;
    int is_ending;
    pthread_t threads[2];
    const pyw_engine_host *host;
    const pyw_overseer_reports *reports;
    pyw_overseen *first;
    uint64_t serial;
    int has_report;  /* the overseer's own, to be written without the lock */
    int64_t wake_at; /* when the overseer looks again, whether it is told to or not */
    atomic_int overdue;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER, .due = PTHREAD_COND_INITIALIZER, .wanted = PTHREAD_COND_INITIALIZER };

static void want(pyw_overseen *overseen, pyw_oversight state, int64_t now)
{
    overseen->state = state;
    overseen->is_wanted = 1;
    overseen->due = now + GIL_WAIT_MS;
    pthread_cond_signal(&all.wanted);
}

/* 0: for ever. */
static int64_t interrupt_end(int64_t now)
{
    return all.host->interrupt_timeout_ms > 0 ? now + all.host->interrupt_timeout_ms : INT64_MAX;
}

static int64_t deadline_of(const pyw_overseen *overseen)
{
    int64_t deadline = overseen->request->exchange->deadline;

    return deadline != 0 ? deadline : INT64_MAX;
}

static void out_of_time(pyw_overseen *overseen, int64_t now)
{
    overseen->is_gone = 0;
    want(overseen, PYW_OVERSEEN_CALLED, now);
}

/* The client that left has no claim: what its thread does about it is its own affair, until its time is up. */
static void not_heard(pyw_overseen *overseen, int64_t now)
{
    if (overseen->is_gone) {
        overseen->state = PYW_OVERSEEN_WATCHED;
        overseen->due = deadline_of(overseen);
        return;
    }
    overseen->state = PYW_OVERSEEN_UNHEARD;
    overseen->due = all.host->interrupts ? interrupt_end(now) : INT64_MAX;
    all.reports->note_unheard(overseen);
    all.has_report = 1;
}

static void overdue(pyw_overseen *overseen, int64_t now)
{
    overseen->is_overdue = 1;
    atomic_fetch_add(&all.overdue, 1);
    want(overseen, PYW_OVERSEEN_OVERDUE, now);
    if (all.host->overdue != NULL) {
        all.host->overdue(all.host->overdue_baton);
    }
}

static void give_up(pyw_overseen *overseen, int64_t now)
{
    overseen->state = PYW_OVERSEEN_LEFT;
    overseen->due = INT64_MAX;
}

/* What happens to a request in that state when it is due. */
static void (*const steps[])(pyw_overseen *, int64_t now) = {
    [PYW_OVERSEEN_WATCHED] = out_of_time,
    [PYW_OVERSEEN_CALLED] = not_heard,
    [PYW_OVERSEEN_UNHEARD] = overdue,
    [PYW_OVERSEEN_INTERRUPTED] = overdue,
    [PYW_OVERSEEN_OVERDUE] = give_up,
    [PYW_OVERSEEN_LEFT] = give_up,
};

/* If its thread is inside the exchange, that will tell it. */
static void look_at_client(pyw_overseen *overseen, int64_t now)
{
    pyw_request *request = overseen->request;

    overseen->gone_due = now + GONE_LOOK_MS;
    if (overseen->state != PYW_OVERSEEN_WATCHED || !pyw_request_try(request)) {
        return;
    }
    if (request->exchange->ops->client_gone(request->exchange)) {
        overseen->gone_due = INT64_MAX;
        overseen->is_gone = 1;
        want(overseen, PYW_OVERSEEN_CALLED, now);
    }
    pyw_request_done(request);
}

/* Returns when to look again. */
static int64_t look(int64_t now)
{
    int64_t next = now + LINGER_MS;

    for (pyw_overseen *overseen = all.first; overseen != NULL; overseen = overseen->next) {
        if (overseen->due <= now) {
            steps[overseen->state](overseen, now);
        }
        if (overseen->gone_due <= now) {
            look_at_client(overseen, now);
        }
        next = overseen->due < next ? overseen->due : next;
        next = overseen->gone_due < next ? overseen->gone_due : next;
    }
    return next;
}

static void rest(int64_t until)
{
    struct timespec time = { until / 1000, until % 1000 * 1000000 };

    all.wake_at = until;
    pthread_cond_timedwait(&all.due, &all.lock, &time);
}

/* Without a request it sleeps until there is one. */
static void *oversee(void *unused)
{
    int64_t next;
    int was_idle = 0;

    pthread_mutex_lock(&all.lock);
    while (!all.is_ending) {
        if (all.first == NULL && was_idle) {
            all.wake_at = INT64_MAX;
            pthread_cond_wait(&all.due, &all.lock);
        }
        was_idle = all.first == NULL;
        next = look(pyw_clock_ms());
        if (all.has_report) {
            all.has_report = 0;
            pthread_mutex_unlock(&all.lock);
            all.reports->report_unheard();
            pthread_mutex_lock(&all.lock);
        }
        else {
            rest(next);
        }
    }
    pthread_mutex_unlock(&all.lock);
    return unused;
}

/* Lock held. Signals are for the threads of the host. */
static void start_threads(void)
{
    sigset_t none, before;
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&all.due, &attributes);
    pthread_condattr_destroy(&attributes);
    all.wake_at = INT64_MAX;
    sigfillset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &before);
    if (pthread_create(&all.threads[0], NULL, oversee, NULL) == 0) {
        all.is_started = 1;
        if (pthread_create(&all.threads[1], NULL, all.reports->interrupt, NULL) == 0) {
            all.is_started = 2;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (all.is_started < 2) {
        pyw_log(PYW_LOG_ERR, PYWNO(0625) "there is no thread to look after deadlines: no request is interrupted");
    }
}

static void enlist(pyw_overseen *overseen)
{
    overseen->serial = ++all.serial;
    overseen->next = all.first;
    overseen->link = &all.first;
    if (all.first != NULL) {
        all.first->link = &overseen->next;
    }
    all.first = overseen;
}

static void delist(pyw_overseen *overseen)
{
    *overseen->link = overseen->next;
    if (overseen->next != NULL) {
        overseen->next->link = overseen->link;
    }
    if (overseen->is_overdue) {
        atomic_fetch_sub(&all.overdue, 1);
    }
}

void pyw_overseer_begin(pyw_request *request, pyw_interpreter *interpreter)
{
    const pyw_exchange *exchange = request->exchange;
    pyw_overseen *overseen = &request->overseen;

    if (exchange->deadline == 0 && !exchange->interrupts_gone) {
        return;
    }
    request->interpreter = interpreter;
    overseen->request = request;
    overseen->thread = PyThreadState_Get();
    overseen->thread_id = PyThread_get_thread_ident();
    overseen->begun = pyw_clock_us();
    overseen->due = deadline_of(overseen);
    overseen->gone_due = exchange->interrupts_gone ? overseen->begun / 1000 + GONE_LOOK_MS : INT64_MAX;
    pthread_mutex_lock(&all.lock);
    if (all.is_started == 0) {
        start_threads();
    }
    enlist(overseen);
    if (overseen->due < all.wake_at || overseen->gone_due < all.wake_at) {
        pthread_cond_signal(&all.due);
    }
    pthread_mutex_unlock(&all.lock);
}

void pyw_overseer_end(pyw_request *request)
{
    pyw_overseen *overseen = &request->overseen;

    if (overseen->request == NULL) {
        return;
    }
    pthread_mutex_lock(&all.lock);
    delist(overseen);
    pthread_mutex_unlock(&all.lock);
    /* An exception that the thread has not come to yet would hit its next request. */
    if (overseen->raised != PYW_NOT_INTERRUPTED) {
        PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), NULL);
    }
}

int pyw_overseer_overdue(void)
{
    return atomic_load(&all.overdue);
}

void pyw_overseer_configure(const pyw_engine_host *host, const pyw_overseer_reports *reports)
{
    all.host = host;
    all.reports = reports;
}

void pyw_overseer_stop(void)
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

void pyw_overseer_forget(void)
{
    static const pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

    all.lock = lock;
    all.due = all.wanted = condition;
    all.first = NULL;
    all.is_started = 0;
    atomic_store(&all.overdue, 0);
}

void pyw_overseer_lock(void)
{
    pthread_mutex_lock(&all.lock);
}

void pyw_overseer_unlock(void)
{
    pthread_mutex_unlock(&all.lock);
}

const pyw_engine_host *pyw_overseer_host(void)
{
    return all.host;
}

pyw_overseen *pyw_overseer_find(uint64_t serial)
{
    pyw_overseen *overseen = all.first;

    while (overseen != NULL && overseen->serial != serial) {
        overseen = overseen->next;
    }
    return overseen;
}

/* One that was heard late is not given more time for that. */
void pyw_overseer_was_interrupted(pyw_overseen *overseen, pyw_interruption how)
{
    int was_unheard = overseen->state == PYW_OVERSEEN_UNHEARD;

    overseen->raised = how;
    if (how == PYW_INTERRUPTED_GONE) {
        overseen->state = PYW_OVERSEEN_WATCHED;
        overseen->due = deadline_of(overseen);
    }
    else if (how == PYW_NOT_INTERRUPTED || overseen->is_overdue) {
        give_up(overseen, 0);
    }
    else {
        overseen->state = PYW_OVERSEEN_INTERRUPTED;
        overseen->due = was_unheard ? overseen->due : interrupt_end(pyw_clock_ms());
    }
    if (overseen->due < all.wake_at) {
        pthread_cond_signal(&all.due);
    }
}

pyw_overseen *pyw_overseer_take_wanted(void)
{
    pyw_overseen *overseen = all.first;

    while (overseen != NULL && !overseen->is_wanted) {
        overseen = overseen->next;
    }
    if (overseen != NULL) {
        overseen->is_wanted = 0;
    }
    return overseen;
}

int pyw_overseer_wait_wanted(void)
{
    if (!all.is_ending) {
        pthread_cond_wait(&all.wanted, &all.lock);
    }
    return !all.is_ending;
}
