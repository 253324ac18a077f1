/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/managers/replaced.h"

#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/parent/other_child.h"

APLOG_USE_MODULE(pywsgi);

#define RETAINED_KEY "pywsgi-leaving-managers"
#define MOST 8
#define STOP_STEP_MS 20

typedef struct replaced_manager {
    apr_proc_t proc; /* pid 0: none */
    int control_fd;
    int64_t kill_at; /* INT64_MAX: it exits by itself */
} replaced_manager;

/* Plain data only, as the next generation may be another build of this module. */
typedef struct retained_managers_list {
    pid_t parent;
    int next;
    replaced_manager list[MOST];
} retained_managers_list;

static retained_managers_list *retained_managers(void)
{
    retained_managers_list *all = ap_retained_data_get(RETAINED_KEY);

    if (!all) {
        all = ap_retained_data_create(RETAINED_KEY, sizeof(*all));
        all->parent = getpid();
        for (int i = 0; i < MOST; i++) {
            all->list[i].control_fd = -1;
            all->list[i].kill_at = INT64_MAX;
        }
    }
    return all;
}

static void close_control(replaced_manager *manager)
{
    if (manager->control_fd >= 0) {
        close(manager->control_fd);
        manager->control_fd = -1;
    }
}

/*
 * Makes the manager stop by the end of the control channel. shutdown(2), because other processes may have duplicates.
 */
static void stop_manager(replaced_manager *manager)
{
    if (manager->control_fd >= 0) {
        shutdown(manager->control_fd, SHUT_RDWR);
    }
    close_control(manager);
}

static void clear_entry(replaced_manager *manager)
{
    close_control(manager);
    manager->proc.pid = 0;
    manager->kill_at = INT64_MAX;
}

static void kill_if_due(replaced_manager *manager, int64_t now)
{
    if (manager->proc.pid > 0 && manager->kill_at <= now) {
        kill(manager->proc.pid, SIGKILL);
        manager->kill_at = INT64_MAX;
    }
}

static void watch_replaced_manager(replaced_manager *manager, apr_pool_t *pconf);

void pyw_replaced_managers_add(const apr_proc_t *proc, int control_fd, int64_t kill_at, apr_pool_t *pconf)
{
    retained_managers_list *all = retained_managers();
    replaced_manager *manager = &all->list[all->next];

    all->next = (all->next + 1) % MOST;
    pyw_other_child_unwatch(manager);
    kill_if_due(manager, INT64_MAX - 1); /* a stopped process (SIGSTOP) would not notice the end of its channel */
    stop_manager(manager);
    clear_entry(manager);
    manager->proc = *proc;
    manager->control_fd = control_fd;
    manager->kill_at = kill_at;
    if (kill_at != INT64_MAX) {
        stop_manager(manager); /* in case the process is continued (SIGCONT) */
    }
    kill_if_due(manager, pyw_clock_ms());
    watch_replaced_manager(manager, pconf);
}

void pyw_replaced_managers_kill_due(void)
{
    retained_managers_list *all = retained_managers();

    for (int i = 0; i < MOST; i++) {
        kill_if_due(&all->list[i], pyw_clock_ms());
    }
}

static void on_end(void *data, apr_wait_t status)
{
    replaced_manager *manager = data;

    (void)status;
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf,
                 PYWNO(0272) "the replaced process manager (pid %" APR_PID_T_FMT ") has exited", manager->proc.pid);
    clear_entry(manager);
}

static void watch_replaced_manager(replaced_manager *manager, apr_pool_t *pconf)
{
    pyw_other_child_watch(&manager->proc, on_end, manager, pconf);
}

void pyw_replaced_managers_watch(apr_pool_t *pconf)
{
    retained_managers_list *all = retained_managers();

    for (int i = 0; i < MOST; i++) {
        if (all->list[i].proc.pid > 0) {
            watch_replaced_manager(&all->list[i], pconf);
        }
    }
}

void pyw_replaced_managers_stop(void)
{
    retained_managers_list *all = retained_managers();

    for (int i = 0; i < MOST; i++) {
        kill_if_due(&all->list[i], INT64_MAX - 1);
        stop_manager(&all->list[i]);
    }
}

static int count_managers(retained_managers_list *all)
{
    int count = 0;

    for (int i = 0; i < MOST; i++) {
        if (all->list[i].proc.pid > 0 && waitpid(all->list[i].proc.pid, NULL, WNOHANG) != 0) {
            clear_entry(&all->list[i]);
        }
        count += all->list[i].proc.pid > 0;
    }
    return count;
}

void pyw_replaced_managers_await(int64_t deadline)
{
    retained_managers_list *all = retained_managers();

    while (count_managers(all) > 0 && pyw_clock_ms() < deadline) {
        poll(NULL, 0, STOP_STEP_MS);
    }
    for (int i = 0; i < MOST; i++) {
        all->list[i].kill_at = 0;
        kill_if_due(&all->list[i], 0);
        clear_entry(&all->list[i]);
    }
}

void pyw_replaced_managers_child_init(void)
{
    retained_managers_list *all = ap_retained_data_get(RETAINED_KEY);

    for (int i = 0; all && all->parent != getpid() && i < MOST; i++) {
        close_control(&all->list[i]);
    }
}
