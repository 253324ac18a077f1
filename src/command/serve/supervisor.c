/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/supervisor.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/serve/family.h"
#include "command/serve/health.h"
#include "command/serve/log_pipe.h"
#include "command/serve/server_conf.h"

enum { TICK_MS = 20, IDLE_MS = 1000, SECOND_MS = 1000 };

/* How long a stopped terminal or a slow reader may delay the end. */
enum { LAST_MS = 500 };

/* httpd stops within a few seconds; its workers have shutdown-timeout, 5 s. */
enum { STOP_MS = 10 * SECOND_MS };

typedef enum {
    STARTING, /* the applications load */
    SERVING,
    DRAINING, /* httpd finishes its requests */
    STOPPING, /* httpd has got SIGTERM */
    ENDING,   /* httpd has exited, other processes may be left */
    ENDED,
} phase;

typedef struct supervisor {
    const pyw_supervisor_plan *plan;
    apr_pool_t *pool; /* of one tick */
    pyw_log_pipe access_log, error_log;
    int signals; /* a signalfd */
    sigset_t mask;
    pid_t httpd;
    phase phase;
    int64_t limit; /* pyw_clock_ms() when the phase is over at the latest */
    int status;    /* the exit status */
} supervisor;

static void enter_phase(supervisor *self, phase next, int64_t ms)
{
    self->phase = next;
    self->limit = ms > 0 ? pyw_clock_ms() + ms : INT64_MAX;
}

/* A session of its own: the terminal sends Ctrl-C to this process only. If this process is killed, httpd stops. */
static void exec_httpd(const supervisor *self, pid_t parent)
{
    const char *conf = apr_pstrcat(self->plan->pool, self->plan->directory, "/" PYW_SERVE_CONF, NULL);
    int null = open("/dev/null", O_RDWR);

    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(null, 0) < 0) {
        _exit(127);
    }
    sigprocmask(SIG_SETMASK, &self->mask, NULL);
    execl(self->plan->httpd, self->plan->httpd, "-DFOREGROUND", "-d", self->plan->directory, "-f", conf, NULL);
    _exit(127);
}

static int start_httpd(supervisor *self)
{
    pid_t parent = getpid();
    sigset_t wanted;

    sigemptyset(&wanted);
    for (const int *number = (const int[]){SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGCHLD, SIGPIPE, 0}; *number;
         number++) {
        sigaddset(&wanted, *number);
    }
    sigprocmask(SIG_BLOCK, &wanted, &self->mask);
    self->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    pyw_family_adopt();
    self->httpd = fork();
    if (self->httpd == 0) {
        exec_httpd(self, parent);
    }
    enter_phase(self, STARTING, 0);
    return self->signals >= 0 && self->httpd > 0;
}

static void stop(supervisor *self)
{
    kill(self->httpd, SIGTERM);
    enter_phase(self, STOPPING, STOP_MS);
}

static void drain(supervisor *self)
{
    const pyw_supervisor_plan *plan = self->plan;

    if (pyw_health_drain(self->pool, plan->directory, plan->drain, plan->deadline)) {
        enter_phase(self, DRAINING, (plan->drain + plan->deadline) * SECOND_MS + STOP_MS);
    }
    else {
        stop(self);
    }
}

/* The second signal of a kind is more urgent: from drain to stop, from stop to kill. */
static void handle_signal(supervisor *self, int number)
{
    if (number == SIGUSR1 && self->phase == SERVING) {
        kill(self->httpd, SIGUSR1);
    }
    else if (number == SIGTERM && self->phase == SERVING) {
        drain(self);
    }
    else if (number != SIGUSR1 && self->phase < STOPPING) {
        stop(self);
    }
    else if (number != SIGUSR1 && self->phase == STOPPING) {
        kill(self->httpd, SIGKILL);
    }
}

static void fail_start(supervisor *self, const char *text)
{
    fprintf(stderr, "pywsgi serve: %s\n", text);
    self->status = PYW_COMMAND_REFUSED;
}

static void handle_exit(supervisor *self, int status)
{
    if (self->phase < DRAINING && WIFSIGNALED(status)) {
        fail_start(self, apr_psprintf(self->pool, "httpd was killed by signal %d", WTERMSIG(status)));
    }
    else if (self->phase < DRAINING) {
        fail_start(self, apr_psprintf(self->pool, "httpd has exited with status %d", WEXITSTATUS(status)));
    }
    self->httpd = 0;
    enter_phase(self, ENDING, STOP_MS);
}

static void take_signals(supervisor *self)
{
    struct signalfd_siginfo info;
    int status = 0;

    while (read(self->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGPIPE) {
            handle_signal(self, (int)info.ssi_signo);
        }
    }
    if (pyw_family_reap(self->httpd, &status)) {
        handle_exit(self, status);
    }
}

static void watch_start(supervisor *self)
{
    const char *reason = "";

    switch (pyw_health_ask(self->pool, self->plan->directory, &reason)) {
    case PYW_HEALTH_SERVING:
        fprintf(stderr, "pywsgi serve: %s\n", self->plan->started);
        enter_phase(self, SERVING, 0);
        break;
    case PYW_HEALTH_FAILING:
        fail_start(self, reason);
        stop(self);
        break;
    default:
        break;
    }
}

/* The manager ends its workers. Programs that an application has left running are killed. */
static void watch_end(supervisor *self)
{
    if (!pyw_family_is_alive()) {
        enter_phase(self, ENDED, 0);
    }
    else if (pyw_clock_ms() >= self->limit || !pyw_family_has_manager(self->pool)) {
        pyw_family_kill();
    }
}

static void tick(supervisor *self)
{
    if (self->phase == STARTING) {
        watch_start(self);
    }
    else if (self->phase == ENDING) {
        watch_end(self);
    }
    else if (pyw_clock_ms() >= self->limit) {
        kill(self->httpd, self->phase == DRAINING ? SIGTERM : SIGKILL);
        enter_phase(self, STOPPING, STOP_MS);
    }
}

/* Moves the logs, and waits for signals. Returns whether a log had data. */
static int wait_for_httpd(supervisor *self, int timeout)
{
    struct pollfd found[] = {
        {.fd = self->signals, .events = POLLIN},
        pyw_log_pipe_wanted(&self->access_log),
        pyw_log_pipe_wanted(&self->error_log),
    };
    int has_moved;

    if (poll(found, sizeof(found) / sizeof(found[0]), timeout) < 0) {
        return 0;
    }
    has_moved = pyw_log_pipe_move(&self->access_log, &found[1]);
    return pyw_log_pipe_move(&self->error_log, &found[2]) || has_moved;
}

static void supervise(supervisor *self)
{
    while (self->phase != ENDED) {
        int is_quick = self->phase == STARTING || self->phase == ENDING;

        wait_for_httpd(self, is_quick ? TICK_MS : IDLE_MS);
        take_signals(self);
        tick(self);
        apr_pool_clear(self->pool);
    }
    while (wait_for_httpd(self, LAST_MS) && self->access_log.length + self->error_log.length > 0) {
    }
}

int pyw_supervisor_run(const pyw_supervisor_plan *plan)
{
    supervisor self = {.plan = plan, .signals = -1, .access_log.from = -1, .error_log.from = -1};
    const char *access_log = apr_pstrcat(plan->pool, plan->directory, "/" PYW_SERVE_ACCESS_LOG, NULL);
    const char *error_log = apr_pstrcat(plan->pool, plan->directory, "/" PYW_SERVE_ERROR_LOG, NULL);

    apr_pool_create(&self.pool, plan->pool);
    if (pyw_log_pipe_open(&self.access_log, access_log, STDOUT_FILENO) != 0 ||
        pyw_log_pipe_open(&self.error_log, error_log, STDERR_FILENO) != 0 || !start_httpd(&self)) {
        return pyw_call_fail(apr_psprintf(plan->pool, "the server cannot be started: %s", strerror(errno)));
    }
    supervise(&self);
    return self.status;
}
