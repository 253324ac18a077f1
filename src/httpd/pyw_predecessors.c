/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_predecessors.h"

#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/pyw_log.h"

APLOG_USE_MODULE(pywsgi);

#define RETAINED_KEY "pywsgi-predecessors"
#define MOST 8

typedef struct predecessor {
    apr_proc_t proc; /* pid 0: none */
    int control_fd;
} predecessor;

/* Plain data only, as the next generation may be another build of this module. */
typedef struct retained_predecessors {
    pid_t parent;
    int next;
    predecessor list[MOST];
} retained_predecessors;

static retained_predecessors *retained(void)
{
    retained_predecessors *all = ap_retained_data_get(RETAINED_KEY);

    if (!all) {
        all = ap_retained_data_create(RETAINED_KEY, sizeof(*all));
        all->parent = getpid();
        for (int i = 0; i < MOST; i++) {
            all->list[i].control_fd = -1;
        }
    }
    return all;
}

static void forget(predecessor *one)
{
    if (one->control_fd >= 0) {
        close(one->control_fd);
        one->control_fd = -1;
    }
    one->proc.pid = 0;
}

/* The end of the control channel is the order to stop; other processes may have duplicates of it. */
static void stop(predecessor *one)
{
    if (one->control_fd >= 0) {
        shutdown(one->control_fd, SHUT_RDWR);
    }
    forget(one);
}

void pyw_predecessors_add(const apr_proc_t *proc, int control_fd)
{
    retained_predecessors *all = retained();
    predecessor *one = &all->list[all->next];

    all->next = (all->next + 1) % MOST;
    stop(one);
    one->proc = *proc;
    one->control_fd = control_fd;
}

static void on_event(int reason, void *data, apr_wait_t status)
{
    predecessor *one = data;

    (void)status;
    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST) {
        return;
    }
    apr_proc_other_child_unregister(data);
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf,
                 PYWNO(0272) "the process manager (pid %" APR_PID_T_FMT ") that was replaced has ended", one->proc.pid);
    forget(one);
}

/* The callback points into this module, so the registration ends with pconf. */
void pyw_predecessors_watch(apr_pool_t *pconf)
{
    retained_predecessors *all = retained();

    for (int i = 0; i < MOST; i++) {
        predecessor *one = &all->list[i];

        if (one->proc.pid > 0) {
            apr_proc_other_child_register(&one->proc, on_event, one, NULL, pconf);
        }
    }
}

void pyw_predecessors_stop(void)
{
    retained_predecessors *all = retained();

    for (int i = 0; i < MOST; i++) {
        stop(&all->list[i]);
    }
}

void pyw_predecessors_child_init(void)
{
    retained_predecessors *all = ap_retained_data_get(RETAINED_KEY);

    if (!all || all->parent == getpid()) {
        return;
    }
    for (int i = 0; i < MOST; i++) {
        forget(&all->list[i]);
    }
}
