/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's main thread: reads its heritage, starts a thread that loads the applications, starts the pool, and then
 * handles the manager's commands.
 */
#include <apr_general.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/options/parse/user.h"
#include "worker/commands.h"
#include "worker/end.h"
#include "worker/failures.h"
#include "worker/heritage.h"
#include "worker/log.h"
#include "worker/signals.h"
#include "worker/start/engine.h"
#include "worker/start/identity.h"
#include "worker/start/limits.h"
#include "worker/start/process_title.h"
#include "worker/watch/crash_traceback.h"
#include "worker/worker.h"

enum {
    WORK_FORKED = -1,
    STACKS_BEFORE_MS = 500, /* time before the end of startup-timeout */
    WATCH_MS = 1000,        /* interval of the checks of scripts */
    KICK_MS = 10            /* interval at which waiting threads are interrupted during a drain */
};

static void on_overdue(void *unused)
{
    (void)unused;
    pyw_worker_wake();
}

/* The manager does not start workers with code that failed to load before. */
static void store_script_digest(pyw_worker *self)
{
    if (self->service.board != NULL && self->template == NULL) {
        self->service.board->scripts = pyw_script_watch_digest(self->service.watched);
    }
}

/*
 * Sent before the first request: the successor of a worker that crashes on a request starts at once, because the worker
 * died READY. A BROKEN worker waits, because the manager may have other workers whose applications work.
 */
static void report_loaded(pyw_worker *self)
{
    pthread_join(self->loading.thread, NULL);
    self->is_load_reported = 1;
    if (self->template != NULL) {
        pyw_file_check_record(self->files);
        self->service.engine->settle();
    }
    self->may_serve = !self->loading.has_failed;
    if (self->service.board != NULL) {
        memcpy(self->service.board->problem, self->loading.problem, sizeof(self->loading.problem));
    }
    pyw_worker_send(self, self->loading.has_failed ? PYW_FRAME_BROKEN : PYW_FRAME_READY);
}

static void start_watchdog(pyw_worker *self)
{
    apr_interval_time_t timeout = self->heritage.options->deadlock_timeout;

    if (timeout > 0) {
        self->watchdog = pyw_watchdog_start(self->service.engine, (int)apr_time_as_msec(timeout));
        if (self->watchdog == NULL) {
            pyw_log(PYW_LOG_WARNING, PYWNO(0424) "the worker has no watchdog: deadlock-timeout has no effect on it");
        }
    }
}

static int begin_serving(pyw_worker *self)
{
    const pyw_worker_options *options = self->heritage.options;
    pyw_problem problem;

    if (options->memory_recycle > 0) {
        self->service.memory = pyw_memory_watch_create(options->memory_recycle, pyw_worker_wake);
    }
    self->pool =
        pyw_pool_start(&self->service, options->threads, options->stack_size, pyw_worker_signalled.wake_fd, &problem);
    if (self->pool == NULL) {
        pyw_log(PYW_LOG_CRIT, PYWNO(0416) "the worker has no threads and ends: %s", problem.text);
        return 0;
    }
    start_watchdog(self);
    return 1;
}

/* Clears the problem on the board, which the manager reads. */
static void check_failed_application(pyw_worker *self)
{
    pyw_board *board = self->service.board;

    if (board != NULL && board->problem[0] != '\0' && pyw_loading_is_mended(&self->loading)) {
        board->problem[0] = '\0';
    }
}

static void check_scripts(pyw_worker *self)
{
    int is_ready = self->template != NULL || self->program != NULL ? self->is_load_reported : self->pool != NULL;

    if (pyw_clock_ms() < self->next_watch || !is_ready || pyw_worker_is_draining(self)) {
        return;
    }
    self->next_watch = pyw_clock_ms() + WATCH_MS;
    check_failed_application(self);
    if (pyw_script_watch_changed(self->service.watched, self->service.engine)) {
        store_script_digest(self);
        pyw_worker_send(self, PYW_FRAME_STALE);
    }
}

/* The manager reads the details from the board. */
static void send_change(pyw_worker *self, const pyw_file_change *change)
{
    if (self->service.board != NULL) {
        memcpy(self->service.board->changed, change->path, sizeof(change->path));
        self->service.board->change = change->kind;
        self->service.board->files = change->digest;
    }
    pyw_worker_send(self, PYW_FRAME_CHANGED);
}

/* Answers CHECK_FILES. */
static void check_files(pyw_worker *self)
{
    pyw_file_change change;
    pyw_file_answer answer = PYW_FILES_NO_ANSWER;

    if (self->is_load_reported && !pyw_worker_is_draining(self)) {
        answer = pyw_file_check_step(self->files, self->template != NULL, &change);
    }
    if (answer == PYW_FILES_CHANGED) {
        send_change(self, &change);
    }
    else if (answer == PYW_FILES_UNCHANGED) {
        pyw_worker_send(self, PYW_FRAME_UNCHANGED);
    }
}

static void check_watchdog(pyw_worker *self)
{
    if (self->watchdog == NULL || self->is_stuck || !pyw_watchdog_is_stuck(self->watchdog)) {
        return;
    }
    self->is_stuck = 1;
    pyw_log(
        PYW_LOG_ERR,
        PYWNO(0422) "Python does not respond: its lock (the GIL) was not available for %.3g s (deadlock-timeout); the "
                    "stacks of all threads follow",
        (double)self->heritage.options->deadlock_timeout / APR_USEC_PER_SEC);
    pyw_watchdog_log_stacks(self->service.engine);
    pyw_worker_send(self, PYW_FRAME_STUCK);
}

/* Repeated, because the manager may not be able to start a successor yet. */
static void check_overdue(pyw_worker *self)
{
    if (pyw_clock_ms() >= self->next_overdue && self->service.engine->overdue() > 0 && !pyw_worker_is_draining(self)) {
        self->next_overdue = pyw_clock_ms() + WATCH_MS;
        pyw_worker_send(self, PYW_FRAME_OVERDUE);
    }
}

static void check_memory(pyw_worker *self)
{
    if (self->service.memory != NULL && pyw_memory_watch_take(self->service.memory) && !pyw_worker_is_draining(self)) {
        pyw_worker_send(self, PYW_FRAME_LARGE);
    }
}

/* Only the manager can start a successor, which must be ready first. */
static void check_renewal(pyw_worker *self)
{
    if (pyw_worker_signalled.renewal && (self->pool != NULL || self->program != NULL) &&
        !pyw_worker_is_draining(self)) {
        pyw_worker_signalled.renewal = 0;
        pyw_worker_send(self, PYW_FRAME_RENEW);
    }
}

/* SIGHUP and SIGUSR2 are events for subscribers of the application. */
static void check_event_signals(pyw_worker *self)
{
    if (self->pool == NULL && self->program == NULL) {
        return;
    }
    if (pyw_worker_signalled.hangup) {
        pyw_worker_signalled.hangup = 0;
        self->service.engine->publish_signal(SIGHUP);
    }
    if (pyw_worker_signalled.user) {
        pyw_worker_signalled.user = 0;
        self->service.engine->publish_signal(SIGUSR2);
    }
}

/* The manager kills the worker at startup-timeout. Log the stacks before that. */
static void limit_loading(pyw_worker *self)
{
    int64_t limit = apr_time_as_msec(self->heritage.options->startup_timeout);
    int64_t margin = limit / 4 < STACKS_BEFORE_MS ? limit / 4 : STACKS_BEFORE_MS;

    self->stacks_at = limit > 0 ? self->started + limit - margin : INT64_MAX;
}

static void check_loading(pyw_worker *self)
{
    if (self->is_load_reported || pyw_worker_is_draining(self) || pyw_clock_ms() < self->stacks_at) {
        return;
    }
    self->stacks_at = INT64_MAX;
    pyw_log(PYW_LOG_ERR,
            PYWNO(0480) "the applications are not loaded, and startup-timeout (%.3g s) is nearly over; the stacks of "
                        "all threads follow",
            (double)self->heritage.options->startup_timeout / APR_USEC_PER_SEC);
    pyw_watchdog_log_stacks(self->service.engine);
}

/* The maximum sleep of the main thread. */
static int sleep_limit(const pyw_worker *self)
{
    int limit = pyw_worker_is_draining(self) || self->serve_alone_until > 0 ? KICK_MS : WATCH_MS;
    int64_t until_stacks = self->is_load_reported ? INT64_MAX : self->stacks_at - pyw_clock_ms();

    return until_stacks < limit ? (int)(until_stacks > 0 ? until_stacks : 0) : limit;
}

static void wait_for_commands(pyw_worker *self)
{
    struct pollfd fds[2] = {{pyw_worker_signalled.wake_fd, POLLIN, 0}, {pyw_channel_fd(self->manager), POLLIN, 0}};
    uint64_t count;

    if (poll(fds, 2, sleep_limit(self)) > 0 && fds[0].revents != 0 &&
        read(pyw_worker_signalled.wake_fd, &count, sizeof(count)) < 0) {
        return;
    }
}

/* Returns an exit status, or WORK_FORKED: this is the fork of a template and must become a worker. */
static int run_loop(pyw_worker *self)
{
    for (;;) {
        wait_for_commands(self);
        pyw_worker_handle_commands(self);
        if (self->is_forked) {
            return WORK_FORKED;
        }
        if (pyw_worker_signalled.stop && !pyw_worker_is_draining(self)) {
            pyw_log(PYW_LOG_NOTICE, PYWNO(0418) "the worker received a signal to stop");
            pyw_worker_drain_in_time(self);
        }
        if (self->program != NULL && pyw_worker_is_draining(self)) {
            self->service.engine->stop_program();
        }
        else if (self->program != NULL && self->program->is_over) {
            return self->program->result == PYW_OK ? PYW_EXIT_DRAINED : PYW_EXIT_PROGRAM;
        }
        pyw_worker_report_finishing(self);
        if (pyw_worker_is_draining(self) && pyw_worker_is_drained(self)) {
            return pyw_worker_drained_status(self);
        }
        if (pyw_worker_is_draining(self) && pyw_clock_ms() >= self->stop_at) {
            return PYW_EXIT_FORCED;
        }
        if (self->loading.is_done && !self->is_load_reported && self->program == NULL) {
            report_loaded(self);
        }
        if (self->may_serve && self->template == NULL && self->pool == NULL && !pyw_worker_is_draining(self) &&
            !begin_serving(self)) {
            return PYW_EXIT_ENGINE;
        }
        pyw_worker_check_manager(self);
        check_loading(self);
        check_scripts(self);
        check_files(self);
        check_watchdog(self);
        check_overdue(self);
        check_memory(self);
        check_renewal(self);
        check_event_signals(self);
    }
}

static void add_peer(pyw_service *service, uid_t uid)
{
    service->peers[service->peer_count++] = uid;
}

static void describe_service(pyw_worker *self)
{
    const pyw_worker_options *options = self->heritage.options;
    pyw_service *service = &self->service;
    uid_t socket_user;

    service->peer_count = 0;
    service->group = self->heritage.group;
    service->send_buffer_size = (int)options->send_buffer_size;
    service->receive_buffer_size = (int)options->receive_buffer_size;
    service->board = self->heritage.board;
    pyw_worker_failures_use(self->heritage.board);
    add_peer(service, 0);
    add_peer(service, self->heritage.settings.httpd_uid);
    if (options->socket_user != NULL && pyw_options_uid(options->socket_user, &socket_user)) {
        add_peer(service, socket_user);
    }
}

static int fail_start(int status, const char *what, const pyw_problem *problem)
{
    pyw_log(PYW_LOG_CRIT, PYWNO(0420) "%s: %s", what, problem->text);
    return status;
}

/* Returns 0, or an exit status. */
static int prepare_signals(void)
{
    pyw_problem problem;

    if (pyw_worker_signals_prepare()) {
        return 0;
    }
    pyw_problem_set(&problem, "eventfd: %s", strerror(errno));
    return fail_start(PYW_EXIT_HERITAGE, "the worker cannot wait for commands", &problem);
}

static void prepare_for_crashes(const pyw_worker *self)
{
    pyw_crash_prepare(self->service.engine, self->heritage.board, self->heritage.board_fd,
                      (off_t)PYW_BOARD_SIZE(self->heritage.slots));
    pyw_crash_enter(PYW_CRASH_NO_SLOT);
}

/* Handles the commands for a service group's worker, on a second thread. */
static int run_command_loop(void *data)
{
    pyw_worker *self = data;
    int status = run_loop(self);

    return status == PYW_EXIT_FORCED ? pyw_worker_stop_engine(self, status) : status;
}

/* READY means only that Python runs: nothing checks the program. */
static int run_program(pyw_worker *self)
{
    static pyw_program program;
    int status;

    program.engine = self->service.engine;
    program.scripts = self->loading.applications;
    program.count = self->loading.count;
    self->program = &program;
    self->stacks_at = INT64_MAX;
    self->is_load_reported = 1;
    start_watchdog(self);
    pyw_worker_send(self, PYW_FRAME_READY);
    status = pyw_program_main(&program, run_command_loop, self, pyw_worker_wake);
    return status < 0 ? PYW_EXIT_ENGINE : pyw_worker_stop_engine(self, status);
}

/* From loading to the end of Python. Returns as run_loop(). */
static int run_worker(pyw_worker *self)
{
    int status;

    if (self->heritage.options->threads == 0) {
        return run_program(self);
    }
    store_script_digest(self);
    limit_loading(self);
    if (!pyw_loading_start(&self->loading, self->template == NULL, pyw_worker_wake)) {
        return PYW_EXIT_ENGINE;
    }
    status = run_loop(self);
    /* A template does not run exit functions, because they could remove files that its workers use. */
    return status == WORK_FORKED || self->template != NULL ? status : pyw_worker_stop_engine(self, status);
}

/* Becomes a worker. User, limits and Python are those of the template; everything else is new. */
static int become_worker(pyw_worker *self, apr_pool_t *pool)
{
    pyw_problem problem = {""};
    int status;

    if (pyw_worker_template_become_worker(self->template, self->manager) != PYW_OK) {
        return PYW_EXIT_HERITAGE; /* the manager finds the end of the channel, and logs it */
    }
    pyw_worker_log_open();
    self->template = NULL;
    self->is_forked = self->is_load_reported = self->may_serve = 0;
    pyw_worker_signalled.stop = pyw_worker_signalled.renewal = 0;
    pyw_worker_signalled.hangup = pyw_worker_signalled.user = 0;
    pyw_worker_signalled.lost_at = 0;
    self->started = pyw_clock_ms();
    if (pyw_inherit(&self->heritage, self->template != NULL, pool, self->manager, &problem) != PYW_OK) {
        return fail_start(PYW_EXIT_HERITAGE, "the worker cannot read the settings from its manager", &problem);
    }
    status = prepare_signals();
    if (status != 0) {
        return status;
    }
    pyw_worker_signals_watch_manager(PYW_HERITAGE_CHANNEL);
    describe_service(self);
    pyw_worker_use_options(self);
    prepare_for_crashes(self);
    return run_worker(self);
}

static int live(pyw_worker *self, apr_pool_t *pool)
{
    pyw_problem problem = {""};
    int status;

    if (pyw_inherit(&self->heritage, self->template != NULL, pool, self->manager, &problem) != PYW_OK) {
        return fail_start(PYW_EXIT_HERITAGE, "the worker cannot read the settings from its manager", &problem);
    }
    status = prepare_signals();
    if (status != 0) {
        return status;
    }
    pyw_log_install(pyw_worker_log_sink, NULL, (pyw_log_level)self->heritage.options->log_level);
    if (pyw_limits_set(self->heritage.options, &problem) != PYW_OK) {
        return fail_start(PYW_EXIT_PRIVILEGES, "the worker cannot be limited and does not serve", &problem);
    }
    if (self->heritage.options->chroot != NULL) {
        pyw_open_engine_early(self->heritage.options);
    }
    if (pyw_identity_assume(self->heritage.options, &self->heritage.settings, &problem) != PYW_OK) {
        return fail_start(PYW_EXIT_PRIVILEGES, "the worker cannot become its user and does not serve", &problem);
    }
    pyw_worker_signals_watch_manager(PYW_HERITAGE_CHANNEL);
    describe_service(self);
    self->service.engine = pyw_open_engine(&self->heritage, self->template != NULL, on_overdue, pool, &problem);
    if (self->service.engine == NULL) {
        return fail_start(PYW_EXIT_ENGINE, "Python does not start", &problem);
    }
    pyw_worker_use_options(self);
    prepare_for_crashes(self);
    if (!pyw_file_check_use(self->files, self->service.engine, self->heritage.options, self->service.watched,
                            pyw_worker_wake)) {
        return PYW_EXIT_ENGINE;
    }
    pyw_loading_register(&self->loading, self->heritage.options, self->service.engine, self->service.watched);
    self->loading.settings = &self->heritage.settings;
    status = run_worker(self);
    return status == WORK_FORKED ? become_worker(self, pool) : status;
}

int pyw_worker_main(int is_template, int argc, char **argv)
{
    static const pyw_problem no_memory = {"no memory"};
    static pyw_worker self;
    apr_pool_t *pool;
    int status;

    pyw_process_title_begin(argc, argv);
    pyw_worker_log_open();
    pyw_log_install(pyw_worker_log_sink, NULL, PYW_LOG_NOTICE);
    apr_initialize();
    apr_pool_create(&pool, NULL);
    self.started = pyw_clock_ms();
    self.manager = pyw_channel_create();
    self.service.watched = pyw_script_watch_create();
    self.files = pyw_file_check_create();
    if (is_template) {
        prctl(PR_SET_NAME, PYW_HERITAGE_TEMPLATE_NAME);
        self.template = pyw_worker_template_create();
    }
    if (self.manager == NULL || self.service.watched == NULL || self.files == NULL ||
        (is_template && self.template == NULL)) {
        return fail_start(PYW_EXIT_HERITAGE, "the worker does not start", &no_memory);
    }
    pyw_channel_open(self.manager, PYW_HERITAGE_CHANNEL);
    status = live(&self, pool);
    pyw_worker_leave(status);
}
