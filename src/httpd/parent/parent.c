/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/parent.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "httpd/log/log.h"
#include "httpd/log/notes.h"
#include "httpd/metrics/metrics.h"
#include "httpd/parent/capacity.h"
#include "httpd/parent/generations.h"
#include "httpd/parent/liveness_pipe.h"
#include "httpd/parent/managers/control.h"
#include "httpd/parent/managers/log_store.h"
#include "httpd/parent/managers/managers.h"
#include "httpd/parent/managers/replaced.h"
#include "httpd/parent/other_child.h"
#include "httpd/parent/parent_context.h"
#include "httpd/parent/start_record.h"
#include "httpd/parent/waker.h"
#include "httpd/queue/batch_scheduling.h"
#include "httpd/queue/shared_memory.h"
#include "httpd/status/faults.h"
#include "httpd/status/in_flight.h"

APLOG_USE_MODULE(pywsgi);

/*
 * Time limits of httpd's parent. It must not wait for a manager to accept the configuration: during a restart the old
 * children accept no more connections and the new children do not exist yet, and later the parent must reap its
 * children.
 */
enum {
    START_MS = 31 * 1000, /* at httpd's start: no client waits, and an error prevents the start */
    RESTART_MS = 1000,    /* time limit of post_config at a restart */
    TURN_MS = 300,        /* time limit of a later turn */
    TURN_PAUSE_MS = 1000,
    ANSWER_MS = 10 * 1000, /* a manager that has not answered after this time is replaced */
    START_ANSWER_MS = 30 * 1000,
    PAUSE_LEAST_MS = 1000, /* between two attempts; doubles */
    PAUSE_DOUBLINGS = 3,
    MIN_LIFE_MS = 1000 /* a manager that lived for a shorter time is not restarted immediately */
};

static pyw_parent_work *const work = &pyw_httpd_parent.work;

static int is_manager_needed(void)
{
    return pyw_config_main()->groups->nelts > 0;
}

static void back_off(void)
{
    int doublings = work->failures < PAUSE_DOUBLINGS ? work->failures : PAUSE_DOUBLINGS;

    work->failures++;
    work->retry_at = pyw_clock_ms() + (PAUSE_LEAST_MS << doublings);
}

/* Logs a repeated reason only once. */
static int is_new_reason(const char *reason)
{
    if (strcmp(work->reason, reason) == 0) {
        return 0;
    }
    apr_cpystrn(work->reason, reason, sizeof(work->reason));
    return 1;
}

static const char *consequence(void)
{
    return work->is_start ? "" : "; httpd tries again until it succeeds";
}

static void report_refusal(const char *reason)
{
    if (is_new_reason(reason)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, work->server,
                     PYWNO(0252) "the process manager does not accept the configuration: %s%s", reason, consequence());
    }
}

static void on_manager_end(void *data, apr_wait_t status);

static void watch_manager(pyw_manager_process *manager)
{
    pyw_other_child_watch(&manager->proc, on_manager_end, manager, work->pconf);
}

static int start_manager(pyw_manager_process *manager, int legacy)
{
    pyw_problem problem;

    if (pyw_managers_start(manager, legacy, &problem) == PYW_OK) {
        watch_manager(manager);
        return 1;
    }
    if (is_new_reason(problem.text)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, work->server, PYWNO(0251) "the process manager cannot be started: %s%s",
                     problem.text, consequence());
    }
    return 0;
}

/* Kills a manager that has not accepted a configuration, and therefore has no workers. */
static void discard(pyw_manager_process *manager)
{
    pyw_managers_release(manager, pyw_clock_ms(), work->pconf);
}

/*
 * SIGSTOP, so that the manager does not interfere with its successor. Its workers continue to serve until it is killed,
 * and then finish their requests.
 */
static void replace_unresponsive(pyw_manager_process *manager, const char *reason)
{
    ap_log_error(
        APLOG_MARK, APLOG_ERR, 0, work->server,
        PYWNO(0256) "the process manager (pid %" APR_PID_T_FMT
                    ") does not respond (%s): another manager replaces it, and its workers finish their requests",
        manager->proc.pid, reason);
    kill(manager->proc.pid, SIGSTOP);
    pyw_managers_release(manager, pyw_clock_ms() + pyw_managers_get_state()->graceful_limit_ms, work->pconf);
    work->is_revival = 1;
}

static int deliver_to(pyw_manager_process *manager)
{
    int unanswered = manager == pyw_managers_current() ? pyw_managers_get_state()->unanswered : 0;

    pyw_managers_record_limits();
    work->delivery = pyw_delivery_begin(work->pconf, manager->control_fd, unanswered, work->server);
    if (!work->delivery) {
        report_refusal("no memory or descriptor");
        back_off();
        return 0;
    }
    work->receiver = manager;
    work->answer_by = pyw_clock_ms() + (work->is_start ? START_ANSWER_MS : ANSWER_MS);
    return 1;
}

static void end_delivery(void)
{
    if (work->receiver == pyw_managers_current()) {
        pyw_managers_get_state()->unanswered = pyw_delivery_unanswered(work->delivery);
    }
    pyw_delivery_end(work->delivery);
    work->delivery = NULL;
}

static void abandon_next(const char *reason)
{
    if (pyw_managers_get_state()->next.proc.pid > 0) {
        discard(&pyw_managers_get_state()->next);
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, work->server, PYWNO(0270) "the new pywsgid cannot take over: %s", reason);
}

/* 0: the old manager continues, if possible. */
static int begin_handover(pyw_manager_process *manager)
{
    pyw_manager_process *next = &pyw_managers_get_state()->next;
    pyw_problem problem;
    int legacy, is_begun;

    if (pyw_control_hand_over(manager->control_fd, &legacy, &problem) != PYW_OK) {
        abandon_next(problem.text);
        return 0;
    }
    pyw_log_store_renew();
    is_begun = start_manager(next, legacy) && deliver_to(next);
    close(legacy);
    if (!is_begun) {
        abandon_next("it cannot be started");
    }
    return is_begun;
}

/* 1: the delivery of a configuration has begun. */
static int begin_configuration(void)
{
    pyw_manager_process *manager = pyw_managers_current();
    pyw_problem problem;

    if (!is_manager_needed() && !pyw_managers_is_alive(manager)) {
        work->is_open = 0;
        return 0;
    }
    if (pyw_clock_ms() < work->retry_at) {
        return 0;
    }
    if (pyw_capacity_check(&problem) != PYW_OK) {
        report_refusal(problem.text);
        back_off();
        return 0;
    }
    if (pyw_managers_is_alive(manager) && pyw_managers_get_state()->unanswered < 0) {
        replace_unresponsive(manager, "it received only a part of the last configuration");
    }
    if (pyw_managers_is_alive(manager) && is_manager_needed() && !work->has_tried_program &&
        pyw_managers_is_other_program(manager)) {
        work->has_tried_program = 1;
        if (begin_handover(manager)) {
            return 1;
        }
    }
    if (!pyw_managers_is_alive(manager) && is_manager_needed()) {
        pyw_managers_get_state()->unanswered = 0;
        pyw_managers_get_state()->is_configured = 0;
        if (!start_manager(manager, -1)) {
            back_off();
            return 0;
        }
    }
    return pyw_managers_is_alive(manager) && deliver_to(manager);
}

/* The old manager exits when its workers have finished. If it cannot be notified, it has to stop now. */
static void release_old(pyw_manager_process *manager)
{
    int64_t kill_at = INT64_MAX;

    if (pyw_control_complete_handover(manager->control_fd) != PYW_OK) {
        ap_log_error(APLOG_MARK, APLOG_ERR, errno, work->server,
                     PYWNO(0278) "the replaced process manager (pid %" APR_PID_T_FMT ") cannot be notified: it stops, "
                                 "and its workers finish their requests within shutdown-timeout",
                     manager->proc.pid);
        kill_at = pyw_clock_ms() + pyw_managers_get_state()->graceful_limit_ms;
    }
    pyw_managers_release(manager, kill_at, work->pconf);
}

static void complete_handover(pyw_manager_process *manager, pyw_manager_process *next)
{
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, work->server,
                 PYWNO(0271) "pywsgid was replaced on disk: process manager %" APR_PID_T_FMT
                             " takes over from %" APR_PID_T_FMT ", whose workers finish their requests",
                 next->proc.pid, manager->proc.pid);
    release_old(manager);
    pyw_other_child_unwatch(next);
    *manager = *next;
    next->proc.pid = 0;
    next->control_fd = -1;
    pyw_managers_get_state()->unanswered = 0;
    pyw_managers_record_limits();
    watch_manager(manager);
}

static void on_accepted(void)
{
    pyw_manager_process *manager = pyw_managers_current();

    if (work->receiver != manager) {
        complete_handover(manager, work->receiver);
    }
    else if (work->is_revival && is_manager_needed()) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, work->server,
                     PYWNO(0254) "the process manager was started again (pid %" APR_PID_T_FMT ")", manager->proc.pid);
    }
    pyw_managers_get_state()->is_configured = 1;
    pyw_managers_get_state()->is_unused = !is_manager_needed();
    work->is_open = 0;
    work->is_revival = 0;
    *work->reason = '\0';
}

/* A manager with an older configuration keeps it. */
static void on_refused(const char *reason)
{
    report_refusal(reason);
    if (!pyw_managers_get_state()->is_configured) {
        discard(pyw_managers_current());
        work->is_revival = !work->is_start;
    }
    back_off();
}

/* The manager does not answer, or violates the protocol. */
static void on_unresponsive(const char *reason)
{
    pyw_manager_process *manager = pyw_managers_current();

    if (!pyw_managers_get_state()->is_configured) {
        on_refused(reason);
        return;
    }
    replace_unresponsive(manager, reason);
}

static void report_unused(const pyw_manager_process *manager)
{
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, work->server,
                 PYWNO(0258) "the process manager (pid %" APR_PID_T_FMT
                             ") has exited, because no process group is configured",
                 manager->proc.pid);
}

/* 0: no answer yet. */
static int await_answer(int64_t deadline)
{
    pyw_problem problem = {"no answer within 10 s"};
    pyw_result result =
        pyw_delivery_continue(work->delivery, deadline < work->answer_by ? deadline : work->answer_by, &problem);

    if (result == PYW_TIMEOUT && pyw_clock_ms() < work->answer_by) {
        return 0;
    }
    end_delivery();
    if (result == PYW_OK) {
        on_accepted();
    }
    else if (work->receiver != pyw_managers_current()) {
        abandon_next(problem.text);
    }
    else if (result == PYW_FAILED) {
        on_refused(problem.text);
    }
    else if (result == PYW_GONE && pyw_managers_get_state()->is_unused) {
        report_unused(pyw_managers_current());
        pyw_managers_release(pyw_managers_current(), INT64_MAX, work->pconf);
    }
    else {
        on_unresponsive(problem.text);
    }
    return 1;
}

static void run_turn(void);

static void run_work(int limit_ms)
{
    int64_t deadline = pyw_clock_ms() + limit_ms;

    while (work->is_open && (work->delivery || begin_configuration()) && await_answer(deadline)) {
    }
    if (work->is_open && !work->is_start) {
        int64_t pause = work->delivery ? TURN_PAUSE_MS : work->retry_at - pyw_clock_ms();

        pyw_waker_set(pause > 0 ? (int)pause : 0, run_turn, work->pconf);
    }
}

static void run_turn(void)
{
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_EXITING) {
        pyw_replaced_managers_kill_due();
        run_work(TURN_MS);
    }
}

int pyw_parent_monitor(apr_pool_t *pool, server_rec *main_server)
{
    (void)pool;
    (void)main_server;
    run_turn();
    return DECLINED;
}

static const char *kind_of_end(apr_wait_t status)
{
    return WIFSIGNALED(status) ? "signal" : "exit status";
}

static int number_of_end(apr_wait_t status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void clear_manager(pyw_manager_process *manager)
{
    if (work->delivery && work->receiver == manager) {
        end_delivery();
    }
    pyw_managers_close_control(manager);
    manager->proc.pid = 0;
}

/* A configured manager died. Its workers finish their requests. */
static void on_death(const pyw_manager_process *manager, apr_wait_t status)
{
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, work->server,
                 PYWNO(0253) "the process manager (pid %" APR_PID_T_FMT
                             ") ended with %s %d; its workers finish their requests, and a "
                             "new manager is started",
                 manager->proc.pid, kind_of_end(status), number_of_end(status));
    work->retry_at = 0;
    if (pyw_clock_us() - manager->started < (apr_int64_t)MIN_LIFE_MS * 1000) {
        back_off();
    }
    else {
        work->failures = 0;
    }
}

static void on_current_end(pyw_manager_process *manager, apr_wait_t status)
{
    pyw_managers_state *state = pyw_managers_get_state();

    if (!is_manager_needed()) {
        report_unused(manager);
    }
    else if (state->is_configured) {
        on_death(manager, status);
    }
    else {
        report_refusal(PYW_CONTROL_EXITED);
        back_off();
    }
    clear_manager(manager);
    state->is_configured = 0;
    state->unanswered = 0;
    work->is_open = is_manager_needed();
    work->is_revival = 1;
}

static void on_manager_end(void *data, apr_wait_t status)
{
    pyw_manager_process *manager = data;

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING) {
        return;
    }
    if (manager == pyw_managers_current()) {
        on_current_end(manager, status);
    }
    else {
        clear_manager(manager);
        abandon_next(apr_psprintf(work->pconf, "it ended with %s %d", kind_of_end(status), number_of_end(status)));
    }
    run_work(TURN_MS);
}

/*
 * At a restart or exit of httpd, before the subpools of pconf are destroyed: handles an answer that has arrived.
 * Without an answer, the next configuration starts over.
 */
static apr_status_t interrupt_work(void *unused)
{
    (void)unused;
    if (pyw_httpd_parent.owner != getpid()) {
        return APR_SUCCESS;
    }
    pyw_waker_stop();
    if (work->delivery) {
        (void)await_answer(pyw_clock_ms());
    }
    if (work->delivery) {
        end_delivery();
        if (work->receiver != pyw_managers_current()) {
            discard(work->receiver);
        }
    }
    memset(work, 0, sizeof(*work));
    return APR_SUCCESS;
}

/*
 * pconf is cleared at every restart, but the managers stop only at httpd's exit, or if the new configuration does not
 * load this module.
 */
static apr_status_t pconf_cleanup(void *plog)
{
    if (pyw_httpd_parent.owner != getpid()) {
        return APR_SUCCESS;
    }
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING) {
        pyw_managers_stop_all();
    }
    else {
        pyw_managers_lend(plog);
    }
    return APR_SUCCESS;
}

int pyw_parent_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    pyw_managers_reclaim();
    return OK;
}

static void open_work(apr_pool_t *pconf, server_rec *main_server)
{
    memset(work, 0, sizeof(*work));
    work->is_open = 1;
    work->is_start = !pyw_managers_is_alive(pyw_managers_current()) && pyw_generations_current() == 0;
    pyw_httpd_parent.owner = getpid();
    work->pconf = pconf;
    work->server = main_server;
    if (pyw_managers_is_alive(pyw_managers_current())) {
        watch_manager(pyw_managers_current());
    }
    pyw_replaced_managers_watch(pconf);
}

/* 0: httpd must not start. */
static int run_first_turn(void)
{
    run_work(work->is_start ? START_MS : RESTART_MS);
    if (work->is_open && work->is_start) {
        work->is_open = 0;
        pyw_managers_stop_all();
        return 0;
    }
    if (work->is_open && work->delivery) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, work->server,
                     PYWNO(0257) "the process manager (pid %" APR_PID_T_FMT
                                 ") has not accepted the configuration within a second; httpd does not wait for it",
                     work->receiver->proc.pid);
    }
    work->is_start = 0;
    return 1;
}

int pyw_parent_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    pyw_log_install(pyw_httpd_log_server, main_server, pyw_httpd_log_threshold(main_server));
    apr_pool_pre_cleanup_register(pconf, NULL, interrupt_work);
    apr_pool_cleanup_register(pconf, plog, pconf_cleanup, apr_pool_cleanup_null);
    pyw_log_notes_prepare();
    if (pyw_metrics_prepare() != PYW_OK || pyw_in_flight_prepare() != PYW_OK || pyw_httpd_faults_prepare() != PYW_OK ||
        pyw_batch_scheduling_prepare() != PYW_OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (is_manager_needed() || pyw_managers_is_alive(pyw_managers_current())) {
        if (pyw_shared_memory_prepare() != PYW_OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        pyw_capacity_warn(main_server);
        pyw_liveness_pipe_create(pconf);
    }
    open_work(pconf, main_server);
    if (!run_first_turn()) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    pyw_start_record(pconf, main_server);
    return OK;
}

void pyw_parent_child_init(void)
{
    pyw_manager_process *manager = pyw_managers_find();

    if (manager && manager->parent != getpid()) {
        pyw_managers_close_control(manager);
        pyw_managers_close_control(&pyw_managers_get_state()->next);
        pyw_liveness_pipe_child_init();
        pyw_log_store_child_init();
        if (work->delivery) {
            pyw_delivery_end(work->delivery); /* unsent bytes may contain env= of a group */
            work->delivery = NULL;
        }
    }
    pyw_replaced_managers_child_init();
}
