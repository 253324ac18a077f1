/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/trial.h"

#include <apr_signal.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/options/options.h"
#include "httpd/doctor/finding.h"
#include "httpd/doctor/trial_records.h"
#include "httpd/parent/managers/control.h"
#include "wire/channel.h"
#include "wire/table.h"

enum {
    CHANNEL_FD = 3, /* PYW_HERITAGE_CHANNEL */
    ABOVE_ALL = 10,
    SEND_MS = 5000,
    STEP_MS = 100,
    TRIAL_MS = 60 * 1000, /* without startup-timeout */
    OUTPUT_MOST = 256 * 1024,
    LAST_MOST = 2000, /* the end of the output of a process that died */
    CHECKED = 87      /* PYW_EXIT_CHECKED */
};

typedef struct trial {
    apr_pool_t *pool;
    pid_t pid;
    int output_fd;
    char *output; /* of OUTPUT_MOST + 1 bytes */
    size_t length;
    int has_timed_out;
    int status; /* of waitpid(2) */
} trial;

/* In the child of a fork. */
static void become_check(const char *program, int channel, int output)
{
    char *const arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "--check", NULL};
    int null = open("/dev/null", O_RDWR);

    setsid();
    channel = fcntl(channel, F_DUPFD, ABOVE_ALL);
    output = fcntl(output, F_DUPFD, ABOVE_ALL);
    if (null < 0 || channel < 0 || output < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
        dup2(channel, CHANNEL_FD) < 0) {
        _exit(127);
    }
    pyw_control_close_from(CHANNEL_FD + 1);
    execv(program, arguments);
    _exit(127);
}

static void send_heritage(int fd, const apr_table_t *pairs)
{
    pyw_channel *channel = pyw_channel_create();
    pyw_buffer payload = {.is_secret = 1}; /* env= */

    if (!channel) {
        close(fd);
        return;
    }
    pyw_channel_open(channel, fd);
    pyw_channel_keep_secret(channel);
    pyw_table_encode(&payload, pairs);
    if (!payload.failed) {
        pyw_channel_queue(channel, PYW_FRAME_HERITAGE, 0, payload.data, payload.length, -1);
        (void)pyw_channel_send(channel, SEND_MS); /* a process that gets no configuration reports it */
    }
    pyw_buffer_free(&payload);
    pyw_channel_destroy(channel);
}

/* 0 with errno: it cannot be started. */
static int start_trial(trial *self, const apr_table_t *pairs)
{
    const char *program = pyw_control_program(self->pool);
    int pair[2], output[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return 0;
    }
    if (pipe2(output, O_CLOEXEC | O_NONBLOCK) != 0) {
        close(pair[0]);
        close(pair[1]);
        return 0;
    }
    fflush(stdout);
    self->pid = fork();
    if (self->pid == 0) {
        fcntl(output[1], F_SETFL, 0);
        become_check(program, pair[1], output[1]);
    }
    close(pair[1]);
    close(output[1]);
    self->output_fd = output[0];
    if (self->pid < 0) {
        close(pair[0]);
        close(output[0]);
        return 0;
    }
    send_heritage(pair[0], pairs);
    return 1;
}

/* Reads the available output; drops bytes beyond the limit. 0: no more output is available now. */
static int read_output(trial *self)
{
    char dropped[4096];
    size_t room = OUTPUT_MOST - self->length;
    ssize_t got = room > 0 ? read(self->output_fd, self->output + self->length, room)
                           : read(self->output_fd, dropped, sizeof(dropped));

    if (got > 0 && room > 0) {
        self->length += (size_t)got;
    }
    return got > 0;
}

static void wait_for_end(trial *self, int64_t limit_ms)
{
    int64_t deadline = pyw_clock_ms() + limit_ms;
    struct pollfd item = {self->output_fd, POLLIN, 0};

    while (waitpid(self->pid, &self->status, WNOHANG) == 0) {
        self->has_timed_out = pyw_clock_ms() >= deadline;
        if (self->has_timed_out) {
            kill(-self->pid, SIGKILL);
            waitpid(self->pid, &self->status, 0);
            break;
        }
        if (poll(&item, 1, STEP_MS) > 0 && !read_output(self)) {
            poll(NULL, 0, STEP_MS); /* the process has closed its output */
        }
    }
    kill(-self->pid, SIGKILL); /* processes that the applications have started */
    for (size_t rounds = 0; rounds < OUTPUT_MOST && read_output(self); rounds++) {
    }
    close(self->output_fd);
    self->output[self->length] = '\0';
}

/* "was killed by signal 11 (Segmentation fault)"; NULL: it has done its work. */
static const char *death_of(const trial *self)
{
    if (WIFSIGNALED(self->status)) {
        return apr_psprintf(self->pool, "was killed by signal %d (%s)", WTERMSIG(self->status),
                            apr_signal_description_get(WTERMSIG(self->status)));
    }
    return WEXITSTATUS(self->status) == CHECKED
               ? NULL
               : apr_psprintf(self->pool, "exited (status %d)", WEXITSTATUS(self->status));
}

/* Whole lines. */
static const char *last_output(const trial *self)
{
    const char *last = self->output + (self->length > LAST_MOST ? self->length - LAST_MOST : 0);
    const char *begin = last > self->output ? strchr(last, '\n') : NULL;

    return begin ? begin + 1 : last;
}

static void report_death(apr_array_header_t *findings, const trial *self, const char *group, const char *place)
{
    const char *death = death_of(self);

    if (death) {
        pyw_finding_add(findings, 1, place,
                        apr_psprintf(self->pool,
                                     PYWNO(0169) "process group '%s': the process that loads its applications %s, so "
                                                 "its workers would not become ready",
                                     group, death),
                        last_output(self));
    }
}

void pyw_trial_run(apr_array_header_t *findings, const pyw_group_options *options, server_rec *main_server,
                   const char *place)
{
    trial self = {.pool = findings->pool, .output = apr_palloc(findings->pool, OUTPUT_MOST + 1)};
    apr_table_t *pairs = pyw_options_pairs(options, PYW_PART_WORKER, self.pool);
    apr_interval_time_t limit = options->worker.startup_timeout;

    pairs = apr_table_overlay(self.pool, pairs, pyw_control_settings(self.pool, main_server));
    if (!start_trial(&self, pairs)) {
        pyw_finding_add(findings, 1, place,
                        apr_psprintf(self.pool, PYWNO(0159) "process group '%s' cannot be checked: %s", options->name,
                                     strerror(errno)),
                        "");
        return;
    }
    wait_for_end(&self, limit > 0 ? apr_time_as_msec(limit) : TRIAL_MS);
    pyw_trial_records_add(findings, place, self.output);
    if (self.has_timed_out) {
        pyw_finding_add(findings, 1, place,
                        apr_psprintf(self.pool,
                                     PYWNO(0166) "process group '%s': its applications were not loaded after %ld s "
                                                 "(startup-timeout), so its workers would be killed; write: "
                                                 "startup-timeout=%ld",
                                     options->name, (long)apr_time_sec(limit > 0 ? limit : TRIAL_MS * 1000L),
                                     2 * (long)apr_time_sec(limit > 0 ? limit : TRIAL_MS * 1000L)),
                        "");
    }
    else {
        report_death(findings, &self, options->name, place);
    }
}
