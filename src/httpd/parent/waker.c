/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/waker.h"

#include <apr_thread_proc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpd/parent/managers/control.h"
#include "httpd/parent/other_child.h"
#include "httpd/parent/parent_context.h"

static pyw_parent_waker *const waker = &pyw_httpd_parent.waker;

static void on_end(void *data, apr_wait_t status)
{
    (void)data;
    (void)status;
    waker->proc.pid = 0;
    waker->wake();
}

/* Closes all descriptors: ports, clients and channels of httpd. */
static void wait_and_exit(int delay_ms, pid_t parent)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH};
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "pywsgi-timer");
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        signal(handled[i], SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    pyw_control_close_from(0);
    if (getppid() == parent) {
        poll(NULL, 0, delay_ms);
    }
    _exit(0);
}

void pyw_waker_set(int delay_ms, void (*wake)(void), apr_pool_t *pconf)
{
    const int64_t due = pyw_clock_ms() + delay_ms;
    const pid_t parent = getpid();

    waker->wake = wake;
    if (waker->proc.pid > 0 && waker->due <= due) {
        return;
    }
    pyw_waker_stop();
    waker->proc.pid = fork();
    if (waker->proc.pid == 0) {
        wait_and_exit(delay_ms, parent);
    }
    if (waker->proc.pid < 0) {
        waker->proc.pid = 0;
        return;
    }
    waker->due = due;
    pyw_other_child_watch(&waker->proc, on_end, waker, pconf);
}

void pyw_waker_stop(void)
{
    if (waker->proc.pid > 0) {
        pyw_other_child_unwatch(waker);
        kill(waker->proc.pid, SIGKILL);
        waitpid(waker->proc.pid, NULL, 0);
        waker->proc.pid = 0;
    }
}
