/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_parent.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pyw_log.h"
#include "config/pyw_config.h"
#include "httpd/pyw_capacity.h"
#include "httpd/pyw_control.h"
#include "httpd/pyw_dispatch.h"
#include "httpd/pyw_lifeline.h"
#include "httpd/pyw_log_sink.h"
#include "httpd/pyw_predecessors.h"

APLOG_USE_MODULE(pywsgi);

#define RETAINED_KEY "pywsgi-manager"

/* How long the manager may take to end its workers beyond their shutdown-timeout, and how often to look. */
#define STOP_GRACE apr_time_from_sec(5)
#define STOP_STEP_MS 20

#define NEVER apr_time_from_sec(24 * 60 * 60)

/* A manager that lived for less than this is not started again at once. */
#define MIN_LIFE apr_time_from_sec(1)

/* What outlives a restart: plain data only, the next generation may be another build of this module. */
typedef struct retained_manager {
    apr_proc_t proc; /* pid 0: none */
    int control_fd;
    pid_t parent; /* who started it */
    apr_time_t started;
    apr_interval_time_t stop_limit;
    char stamp[PYW_STAMP_SIZE]; /* of the program that it was started from */
} retained_manager;

static retained_manager *retained(void)
{
    retained_manager *manager = ap_retained_data_get(RETAINED_KEY);

    if (!manager) {
        manager = ap_retained_data_create(RETAINED_KEY, sizeof(*manager));
        manager->control_fd = -1;
    }
    return manager;
}

static void close_control(retained_manager *manager)
{
    if (manager->control_fd >= 0) {
        close(manager->control_fd);
        manager->control_fd = -1;
    }
}

static int is_alive(retained_manager *manager)
{
    return manager->proc.pid > 0 && manager->parent == getpid() && kill(manager->proc.pid, 0) == 0;
}

/* Waits for the end of a manager that has been told to stop; it is killed if it takes too long. */
static void await_end(retained_manager *manager)
{
    apr_time_t deadline = apr_time_now() + manager->stop_limit + STOP_GRACE;

    while (waitpid(manager->proc.pid, NULL, WNOHANG) == 0) {
        if (apr_time_now() > deadline) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                         PYWNO(0250) "the process manager (pid %" APR_PID_T_FMT ") does not end, killing it",
                         manager->proc.pid);
            kill(manager->proc.pid, SIGKILL);
            waitpid(manager->proc.pid, NULL, 0);
            break;
        }
        poll(NULL, 0, STOP_STEP_MS);
    }
    manager->proc.pid = 0;
}

/*
 * The end of the control channel is the order to stop. Processes that other modules fork in httpd's parent (mod_cgid's
 * daemon) have duplicates of it: shutdown(2) ends it for them, too.
 */
static void stop_manager(retained_manager *manager)
{
    if (manager->control_fd >= 0) {
        shutdown(manager->control_fd, SHUT_RDWR);
    }
    close_control(manager);
    if (is_alive(manager)) {
        await_end(manager);
    }
    manager->proc.pid = 0;
}

/* pconf goes at every restart; the manager goes with it only when httpd itself ends. */
static apr_status_t pconf_cleanup(void *data)
{
    retained_manager *manager = data;

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING && manager->parent == getpid()) {
        pyw_predecessors_stop();
        stop_manager(manager);
    }
    return APR_SUCCESS;
}

static apr_interval_time_t longer(apr_interval_time_t one, apr_interval_time_t other)
{
    return one > other ? one : other;
}

static apr_interval_time_t longest_shutdown(void)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    apr_interval_time_t longest = 0;

    for (int i = 0; i < groups->nelts; i++) {
        const pyw_group *group = APR_ARRAY_IDX(groups, i, const pyw_group *);

        /* 0 is: never force. */
        longest = group->options->shutdown_timeout == 0 ? NEVER : longer(longest, group->options->shutdown_timeout);
    }
    return longest;
}

static int start_manager(retained_manager *manager, int legacy, server_rec *main_server)
{
    pyw_problem problem;

    if (pyw_control_spawn(&manager->proc.pid, &manager->control_fd, legacy, &problem) != PYW_OK) {
        manager->proc.pid = 0;
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server, PYWNO(0251) "the process manager cannot be started: %s",
                     problem.text);
        return 0;
    }
    pyw_control_program_stamp(manager->stamp);
    manager->parent = getpid();
    manager->started = apr_time_now();
    return 1;
}

static int configure_manager(retained_manager *manager, apr_pool_t *ptemp, server_rec *main_server)
{
    pyw_problem problem;

    manager->stop_limit = longest_shutdown();
    if (pyw_control_configure(manager->control_fd, ptemp, main_server, &problem) == PYW_OK) {
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server,
                 PYWNO(0252) "the process manager (pid %" APR_PID_T_FMT ") does not take the configuration: %s",
                 manager->proc.pid, problem.text);
    return 0;
}

static void watch_manager(retained_manager *manager, apr_pool_t *pconf);

/* The manager died under a running httpd: its workers end by themselves, a new one takes their place. */
static void revive_manager(retained_manager *manager)
{
    apr_pool_t *pool;

    close_control(manager);
    manager->proc.pid = 0;
    if (apr_time_now() - manager->started < MIN_LIFE) {
        apr_sleep(MIN_LIFE);
    }
    apr_pool_create(&pool, NULL);
    if (start_manager(manager, -1, ap_server_conf) && configure_manager(manager, pool, ap_server_conf)) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     PYWNO(0254) "the process manager was started again (pid %" APR_PID_T_FMT ")", manager->proc.pid);
    }
    if (manager->proc.pid > 0) {
        watch_manager(manager, ap_server_conf->process->pconf);
    }
    apr_pool_destroy(pool);
}

static void on_manager_event(int reason, void *data, apr_wait_t status)
{
    retained_manager *manager = data;

    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST) {
        return;
    }
    apr_proc_other_child_unregister(data);
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                 PYWNO(0253) "the process manager (pid %" APR_PID_T_FMT
                             ") ended with %s %d; its workers finish what they run, and a "
                             "new manager is started",
                 manager->proc.pid, WIFSIGNALED(status) ? "signal" : "exit status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    revive_manager(manager);
}

/* The callback points into this module, so the registration ends with pconf, before the module is unloaded. */
static void watch_manager(retained_manager *manager, apr_pool_t *pconf)
{
    apr_proc_other_child_register(&manager->proc, on_manager_event, manager, NULL, pconf);
}

static int is_other_program(const retained_manager *manager)
{
    char stamp[PYW_STAMP_SIZE];

    pyw_control_program_stamp(stamp);
    return *stamp && strcmp(stamp, manager->stamp) != 0;
}

/* 0: the old manager goes on, if it can. */
static int hand_over(retained_manager *manager, apr_pool_t *ptemp, server_rec *main_server)
{
    retained_manager next = {.control_fd = -1};
    pyw_problem problem;
    int legacy;

    if (pyw_control_hand_over(manager->control_fd, &legacy, &problem) != PYW_OK) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, main_server, PYWNO(0270) "the new pywsgid cannot take over: %s",
                     problem.text);
        return 0;
    }
    if (!start_manager(&next, legacy, main_server) || !configure_manager(&next, ptemp, main_server)) {
        close(legacy);
        stop_manager(&next);
        return 0;
    }
    close(legacy);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server,
                 PYWNO(0271) "pywsgid is another one on disk: process manager %" APR_PID_T_FMT
                             " takes over from %" APR_PID_T_FMT ", whose workers finish what they run",
                 next.proc.pid, manager->proc.pid);
    pyw_predecessors_add(&manager->proc, manager->control_fd);
    *manager = next;
    return 1;
}

static int ensure_manager(retained_manager *manager, apr_pool_t *ptemp, server_rec *main_server)
{
    if (is_alive(manager) && manager->control_fd >= 0) {
        if (is_other_program(manager) && hand_over(manager, ptemp, main_server)) {
            return 1;
        }
        if (configure_manager(manager, ptemp, main_server)) {
            return 1;
        }
        stop_manager(manager);
    }
    close_control(manager);
    return start_manager(manager, -1, main_server) && configure_manager(manager, ptemp, main_server);
}

int pyw_parent_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    retained_manager *manager;

    (void)plog;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    pyw_log_install(pyw_log_sink_server, main_server, pyw_log_sink_threshold(main_server));
    manager = retained();
    if (pyw_config_main()->groups->nelts == 0) {
        pyw_predecessors_stop();
        stop_manager(manager);
        return OK;
    }
    apr_pool_cleanup_register(pconf, manager, pconf_cleanup, apr_pool_cleanup_null);
    pyw_dispatch_prepare(main_server);
    pyw_capacity_warn(main_server);
    pyw_lifeline_create(pconf);
    if (!ensure_manager(manager, ptemp, main_server)) {
        stop_manager(manager);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    watch_manager(manager, pconf);
    pyw_predecessors_watch(pconf);
    return OK;
}

void pyw_parent_child_init(void)
{
    retained_manager *manager = ap_retained_data_get(RETAINED_KEY);

    if (manager && manager->parent != getpid()) {
        close_control(manager);
        pyw_lifeline_child_init();
    }
    pyw_predecessors_child_init();
}
