/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/managers/managers.h"

#include <apr_portable.h>
#include <fcntl.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "httpd/parent/managers/replaced.h"
#include "httpd/parent/other_child.h"

APLOG_USE_MODULE(pywsgi);

#define CURRENT_KEY "pywsgi-manager"
#define STATE_KEY "pywsgi-managers-state"
#define LENT_KEY "pywsgi-lent-control"

/* The time that a manager has for its workers' exit in addition to their shutdown-timeout, and the polling interval. */
#define STOP_GRACE apr_time_from_sec(5)
#define STOP_STEP_MS 20

#define NEVER apr_time_from_sec(24 * 60 * 60)

/* The limit for graceful-timeout=0, the same as for removed groups. */
#define UNLIMITED_MS (5 * 60 * 1000)

pyw_manager_process *pyw_managers_find(void)
{
    return ap_retained_data_get(CURRENT_KEY);
}

pyw_manager_process *pyw_managers_current(void)
{
    pyw_manager_process *manager = pyw_managers_find();

    if (!manager) {
        manager = ap_retained_data_create(CURRENT_KEY, sizeof(*manager));
        manager->control_fd = -1;
    }
    return manager;
}

/* Creates the state if there is none: an older build of this module may have left a running manager without it. */
pyw_managers_state *pyw_managers_get_state(void)
{
    pyw_managers_state *state = ap_retained_data_get(STATE_KEY);

    if (!state) {
        state = ap_retained_data_create(STATE_KEY, sizeof(*state));
        state->next.control_fd = -1;
        state->is_configured = pyw_managers_is_alive(pyw_managers_current());
    }
    return state;
}

void pyw_managers_close_control(pyw_manager_process *manager)
{
    if (manager->control_fd >= 0) {
        close(manager->control_fd);
        manager->control_fd = -1;
    }
}

int pyw_managers_is_alive(const pyw_manager_process *manager)
{
    return manager->proc.pid > 0 && manager->parent == getpid() && manager->control_fd >= 0 &&
           kill(manager->proc.pid, 0) == 0;
}

int pyw_managers_is_other_program(const pyw_manager_process *manager)
{
    char stamp[PYW_STAMP_SIZE];

    pyw_control_program_stamp(stamp);
    return *stamp && strcmp(stamp, manager->stamp) != 0;
}

pyw_result pyw_managers_start(pyw_manager_process *manager, int legacy, pyw_problem *problem)
{
    pyw_managers_close_control(manager);
    if (pyw_control_spawn(&manager->proc.pid, &manager->control_fd, legacy, problem) != PYW_OK) {
        manager->proc.pid = 0;
        return PYW_FAILED;
    }
    pyw_control_program_stamp(manager->stamp);
    manager->parent = getpid();
    manager->started = pyw_clock_us();
    manager->stop_limit = 0;
    return PYW_OK;
}

static apr_interval_time_t longer(apr_interval_time_t one, apr_interval_time_t other)
{
    return one > other ? one : other;
}

/* Without a group the limits stay, because removed groups may still drain. */
void pyw_managers_record_limits(void)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    pyw_manager_process *manager = pyw_managers_current();
    apr_interval_time_t shutdown = 0, graceful = 0;

    for (int i = 0; i < groups->nelts; i++) {
        const pyw_group_options *options = APR_ARRAY_IDX(groups, i, const pyw_group *)->options;

        /* 0: never force. */
        shutdown = longer(shutdown, options->worker.shutdown_timeout == 0 ? NEVER : options->worker.shutdown_timeout);
        graceful = longer(graceful, options->manager.graceful_timeout == 0 ? apr_time_from_msec(UNLIMITED_MS)
                                                                           : options->manager.graceful_timeout);
    }
    if (groups->nelts > 0) {
        manager->stop_limit = shutdown;
        pyw_managers_get_state()->graceful_limit_ms = apr_time_as_msec(graceful);
    }
}

void pyw_managers_release(pyw_manager_process *manager, int64_t kill_at, apr_pool_t *pconf)
{
    pyw_other_child_unwatch(manager);
    if (manager->proc.pid > 0) {
        pyw_replaced_managers_add(&manager->proc, manager->control_fd, kill_at, pconf);
        manager->control_fd = -1;
    }
    pyw_managers_close_control(manager);
    manager->proc.pid = 0;
}

static void kill_manager(pyw_manager_process *manager)
{
    pyw_managers_close_control(manager);
    if (manager->proc.pid > 0) {
        kill(manager->proc.pid, SIGKILL);
        waitpid(manager->proc.pid, NULL, 0);
    }
    manager->proc.pid = 0;
}

/* Waits for the exit of a stopping manager, and kills it after the deadline. */
static void await_exit(pyw_manager_process *manager, int64_t deadline)
{
    while (waitpid(manager->proc.pid, NULL, WNOHANG) == 0) {
        if (pyw_clock_ms() > deadline) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                         PYWNO(0250) "the process manager (pid %" APR_PID_T_FMT ") does not exit; killing it",
                         manager->proc.pid);
            kill_manager(manager);
            return;
        }
        poll(NULL, 0, STOP_STEP_MS);
    }
    manager->proc.pid = 0;
}

/* The control channel while it belongs to plog. */
typedef struct lent_control {
    int fd;
    int generation; /* the generation of the configuration that ended */
} lent_control;

void pyw_managers_lend(apr_pool_t *plog)
{
    pyw_manager_process *manager = pyw_managers_current();
    lent_control *lent = ap_retained_data_get(LENT_KEY);
    apr_file_t *file;

    if (manager->control_fd < 0) {
        return;
    }
    if (!lent) {
        lent = ap_retained_data_create(LENT_KEY, sizeof(*lent));
    }
    /* plog's cleanup is a function of APR: this module may be unloaded by then. */
    if (apr_os_pipe_put_ex(&file, &manager->control_fd, 1, plog) == APR_SUCCESS) {
        lent->fd = manager->control_fd;
        lent->generation = ap_state_query(AP_SQ_CONFIG_GEN);
        manager->control_fd = -1;
    }
}

void pyw_managers_reclaim(void)
{
    const lent_control *lent = ap_retained_data_get(LENT_KEY);
    pyw_manager_process *manager = pyw_managers_current();

    /* plog has closed the channel if the configuration in between did not load this module. */
    if (lent && manager->control_fd < 0 && lent->generation + 1 == ap_state_query(AP_SQ_CONFIG_GEN)) {
        manager->control_fd = fcntl(lent->fd, F_DUPFD_CLOEXEC, 3);
    }
}

void pyw_managers_stop_all(void)
{
    pyw_manager_process *manager = pyw_managers_current();
    int64_t deadline = pyw_clock_ms() + apr_time_as_msec(manager->stop_limit + STOP_GRACE);

    pyw_replaced_managers_stop();
    kill_manager(&pyw_managers_get_state()->next);
    if (pyw_managers_is_alive(manager)) {
        /* Makes the manager stop. shutdown(2), because processes forked by other modules may have duplicates. */
        shutdown(manager->control_fd, SHUT_RDWR);
        pyw_managers_close_control(manager);
        await_exit(manager, deadline);
    }
    pyw_replaced_managers_await(deadline);
}
