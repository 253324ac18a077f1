/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "manager/loop.h"

#include <apr_general.h>
#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log/file.h"
#include "manager/child/child.h"
#include "manager/child/template.h"
#include "manager/command/commands.h"
#include "manager/command/drain.h"
#include "manager/command/errand.h"
#include "manager/command/server.h"
#include "manager/command/stacks.h"
#include "manager/configuration.h"
#include "manager/descriptors.h"
#include "manager/group/recycle.h"
#include "manager/group/reload/code_check.h"
#include "manager/group/reload/reload_watch.h"
#include "manager/group/reload/replacement.h"
#include "manager/group/reports.h"
#include "manager/group/state.h"
#include "manager/group/step.h"
#include "manager/handover.h"
#include "manager/manager.h"
#include "manager/poll_list.h"
#include "manager/shared/publish.h"
#include "manager/shared/stats.h"

enum {
    CONTROL_FD = 3,        /* the descriptor of the control channel */
    CHECK_MS = 1000,       /* interval of the checks of socket files and workers */
    ANSWER_MS = 10 * 1000, /* httpd's parent waits for the answer, so the limit is never reached */
    LAST_RECORDS_MS = 500, /* limit for the last records if the log is slow */
    ORPHAN_LIMIT_MS = 4000 /* limit for workers after httpd's parent has died */
};

static void stop_manager(pyw_manager *manager)
{
    int orphaned = getppid() != manager->parent;
    pyw_worker_group *group;

    if (manager->is_stopping) {
        return;
    }
    manager->is_stopping = 1;
    if (orphaned) {
        pyw_log(PYW_LOG_ERR, PYWNO(0300) "httpd's parent (pid %ld) has exited: the workers are stopped",
                (long)manager->parent);
    }
    LIST_FOREACH (group, &manager->groups, next) {
        apr_interval_time_t limit = apr_time_as_msec(group->options->worker.shutdown_timeout);

        if (orphaned && (limit == 0 || limit > ORPHAN_LIMIT_MS)) {
            limit = ORPHAN_LIMIT_MS;
        }
        pyw_worker_group_end(group, PYW_PHASE_LEAVE, (int)limit);
    }
}

/* httpd's parent uses this manager when it has received BOUND. Until then an old manager may have to continue. */
static void answer(pyw_manager *manager, pyw_result result, const pyw_problem *problem)
{
    if (result == PYW_OK) {
        pyw_channel_queue(manager->control, PYW_FRAME_BOUND, 0, NULL, 0, -1);
    }
    else {
        pyw_log(PYW_LOG_ERR, PYWNO(0301) "the configuration is refused: %s", problem->text);
        pyw_channel_queue(manager->control, PYW_FRAME_REFUSED, 0, problem->text, strlen(problem->text), -1);
    }
    if (pyw_channel_send(manager->control, ANSWER_MS) == PYW_FAILED) {
        pyw_log(PYW_LOG_ERR, PYWNO(0705) "the manager cannot answer httpd (%s), and exits", strerror(errno));
        shutdown(pyw_channel_fd(manager->control), SHUT_RDWR); /* the next read finds its end, also in httpd */
        stop_manager(manager);
    }
    else if (result == PYW_OK) {
        manager->directory.is_shared = 0;
    }
}

static void commit(pyw_manager *manager, const pyw_frame *frame)
{
    pyw_problem problem = {""};
    int fd = pyw_channel_take_fd(manager->control);
    pyw_result result;

    pyw_handover_take_back(manager->handover);
    result = pyw_configuration_commit(manager, frame->payload, frame->length, fd, &problem);
    if (fd >= 0) {
        close(fd);
    }
    if (manager->directory.fd >= 0) {
        pyw_command_server_look(manager->command_server, &manager->directory);
    }
    if (result == PYW_OK) {
        result = pyw_handover_confirm(manager->handover, &problem);
        if (result != PYW_OK) {
            stop_manager(manager); /* it must not start workers: httpd's parent kills it */
        }
    }
    if (result == PYW_OK) {
        pyw_drain_cancel(manager);
    }
    if (result == PYW_OK && !manager->is_configured) {
        pyw_configuration_recover_logs(manager);
        manager->is_configured = 1;
    }
    answer(manager, result, &problem);
}

static void handle_control_frame(pyw_manager *manager, const pyw_frame *frame)
{
    if (frame->type == PYW_FRAME_GROUP) {
        /* A failure refuses the COMMIT. */
        (void)pyw_configuration_add(manager, frame->payload, frame->length, pyw_channel_take_fd(manager->control),
                                    &manager->refused);
    }
    else if (frame->type == PYW_FRAME_COMMIT) {
        commit(manager, frame);
    }
    else if (frame->type == PYW_FRAME_HANDOVER && frame->flags != 0) {
        pyw_handover_complete(manager->handover);
    }
    else if (frame->type == PYW_FRAME_HANDOVER) {
        pyw_handover_give(manager->handover, pyw_channel_take_fd(manager->control));
    }
    else if (frame->type == PYW_FRAME_WORKER_LIST || frame->type == PYW_FRAME_LOAD || frame->type == PYW_FRAME_STATS) {
        pyw_publish_take(manager, frame->type, pyw_channel_take_fd(manager->control));
    }
    else if (frame->type == PYW_FRAME_STORE) {
        pyw_log_store_take(&manager->log_store, frame->flags, pyw_channel_take_fd(manager->control));
    }
    else if (frame->type == PYW_FRAME_JSON_LOG) {
        pyw_configuration_take_json_log(manager, pyw_channel_take_fd(manager->control));
    }
    else if (frame->type == PYW_FRAME_LIVENESS_PIPE) {
        pyw_liveness_pipes_add(&manager->liveness_pipes, pyw_channel_take_fd(manager->control));
    }
    else {
        pyw_log(PYW_LOG_ERR, PYWNO(0302) "httpd's parent sent %s, which the manager does not accept",
                pyw_frame_type_name(frame->type));
    }
}

static void read_control_frames(pyw_manager *manager)
{
    pyw_frame frame;
    pyw_result result = PYW_OK;

    if (pyw_channel_peer_gone(manager->control)) {
        result = PYW_GONE; /* another manager may already have the configuration in the channel */
    }
    while (result == PYW_OK) {
        result = pyw_channel_read(manager->control, &frame, 0);
        if (result == PYW_OK) {
            handle_control_frame(manager, &frame);
        }
    }
    if (result == PYW_FAILED || result == PYW_MALFORMED) {
        pyw_log(PYW_LOG_ERR, PYWNO(0702) "the manager cannot read from httpd (%s): it exits, and httpd starts another",
                result == PYW_FAILED ? strerror(errno) : pyw_result_name(result));
    }
    if (result != PYW_AGAIN) {
        pyw_channel_close(manager->control);
        stop_manager(manager);
    }
}

/* Returns a process that has exited and has not been reaped, so its pid is not reused yet. 0: none. */
static pid_t next_dead(void)
{
    siginfo_t info = {0};

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

/* Also adopts workers that have just been forked, as the process may be one of them. */
static int reap_template(pyw_manager *manager, pid_t pid)
{
    int is_reaped = 0;

    for (pyw_worker_group *group = LIST_FIRST(&manager->groups); group != NULL && !is_reaped;
         group = LIST_NEXT(group, next)) {
        pyw_template_listen(group);
        is_reaped = pyw_template_reap(group, pid);
    }
    return is_reaped;
}

/* Reads the last frames of a worker before it is reaped. */
static void reap_children(pyw_manager *manager)
{
    for (pid_t pid = next_dead(); pid > 0; pid = next_dead()) {
        pyw_child *child = pyw_child_find(&manager->groups, pid);

        if (child == NULL && reap_template(manager, pid)) {
            continue;
        }
        if (child == NULL && (child = pyw_child_find(&manager->groups, pid)) == NULL) {
            waitpid(pid, NULL, 0); /* an orphan of a template or its workers */
            continue;
        }
        pyw_child_listen(child);
        pyw_worker_group_reap(child->group, child);
    }
}

static void take_signals(pyw_manager *manager)
{
    struct signalfd_siginfo info;

    while (read(manager->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGTERM) {
            pyw_log(PYW_LOG_NOTICE, PYWNO(0303) "the manager received a signal to stop from pid %ld",
                    (long)info.ssi_pid);
            stop_manager(manager);
        }
    }
    reap_children(manager);
}

static int64_t step_groups(pyw_manager *manager)
{
    int64_t next = manager->next_check;

    for (pyw_worker_group *group = LIST_FIRST(&manager->groups), *following; group != NULL; group = following) {
        int64_t parameters = pyw_worker_group_step(group);

        following = LIST_NEXT(group, next);
        pyw_publish_write(manager, group);
        next = parameters < next ? parameters : next;
        if (group->phase >= PYW_PHASE_ENDING && LIST_EMPTY(&group->children) && pyw_template_is_gone(group)) {
            pyw_configuration_drop(manager, group);
        }
    }
    return next;
}

static int restore_directory(pyw_manager *manager)
{
    pyw_socket_directory made;
    pyw_problem problem;

    if (pyw_socket_directory_is_intact(&manager->directory)) {
        return 1;
    }
    if (pyw_socket_directory_open(&made, manager->directory.path, 0, &problem) != PYW_OK) {
        if (strcmp(problem.text, manager->no_directory.text) != 0) {
            pyw_log(PYW_LOG_ERR, PYWNO(0306) "the directory of the sockets was removed and cannot be created again: %s",
                    problem.text);
            manager->no_directory = problem;
        }
        return 0;
    }
    manager->no_directory.text[0] = '\0';
    pyw_socket_directory_close(&manager->directory);
    manager->directory = made;
    return 1;
}

/* Programs that clean temporary directories remove sockets that are in use. */
static void restore_sockets(pyw_manager *manager)
{
    pyw_worker_group *group;

    if (manager->directory.fd < 0 || manager->is_stopping || pyw_handover_is_given(manager->handover) ||
        !restore_directory(manager)) {
        return;
    }
    pyw_command_server_look(manager->command_server, &manager->directory);
    LIST_FOREACH (group, &manager->groups, next) {
        pyw_publish_check_sockets(manager, group);
    }
}

/*
 * If httpd's parent dies, the kernel closes its end of the control channel, but a process that another module has
 * forked (mod_cgid's daemon) may still have a duplicate.
 */
static void check_parent(pyw_manager *manager)
{
    if (getppid() != manager->parent) {
        stop_manager(manager);
    }
}

static void check_periodically(pyw_manager *manager)
{
    pyw_worker_group *group;

    if (pyw_clock_ms() < manager->next_check) {
        return;
    }
    manager->next_check = pyw_clock_ms() + CHECK_MS;
    pyw_log_file_note_zone();
    check_parent(manager);
    restore_sockets(manager);
    LIST_FOREACH (group, &manager->groups, next) {
        pyw_recycle_look(group);
        pyw_stats_write(manager, group);
        pyw_worker_group_look(group);
        pyw_worker_group_files_changed(group, pyw_reload_watch_find_changed(&group->reload_watch));
        pyw_code_check_watch(group);
    }
}

static void add_poll(void *fds, int fd)
{
    pyw_poll_list_add(fds, fd, POLLIN);
}

static void add_log(apr_array_header_t *fds, const pyw_log_outlet *log, const pyw_log_intake_list *intakes)
{
    pyw_poll_list_add(fds, pyw_log_outlet_fd(log), POLLOUT);
    if (pyw_log_outlet_json(log) != NULL) {
        pyw_poll_list_add(fds, pyw_log_outlet_fd(pyw_log_outlet_json(log)), POLLOUT);
    }
    pyw_log_intake_collect(intakes, fds);
}

/* Returns when to wake up at the latest. */
static int64_t collect_descriptors(pyw_manager *manager, apr_array_header_t *fds)
{
    int64_t next;
    pyw_worker_group *group;
    pyw_child *child;

    add_poll(fds, pyw_channel_fd(manager->control));
    add_poll(fds, manager->signal_fd);
    add_poll(fds, pyw_handover_fd(manager->handover));
    pyw_command_server_collect(manager->command_server, fds);
    next = pyw_liveness_pipes_collect(&manager->liveness_pipes, fds);
    add_log(fds, manager->log, &manager->intakes);
    LIST_FOREACH (group, &manager->groups, next) {
        add_poll(fds, group->reload_watch.fd);
        add_log(fds, group->log, &group->intakes);
        pyw_template_each_fd(group, add_poll, fds);
        LIST_FOREACH (child, &group->children, next) {
            add_poll(fds, pyw_channel_fd(child->channel));
        }
    }
    return next;
}

static void read_worker_frames(pyw_manager *manager)
{
    pyw_worker_group *group;
    pyw_child *child;

    LIST_FOREACH (group, &manager->groups, next) {
        pyw_worker_group_files_changed(group, pyw_reload_watch_listen(&group->reload_watch));
        pyw_template_listen(group);
        LIST_FOREACH (child, &group->children, next) {
            pyw_child_listen(child);
        }
    }
}

/* A slow log does not block: records wait in the outlet. */
static void write_logs(pyw_manager *manager)
{
    pyw_worker_group *group;

    pyw_log_intake_read(&manager->intakes, manager->log);
    pyw_log_outlet_flush(manager->log);
    LIST_FOREACH (group, &manager->groups, next) {
        pyw_log_intake_read(&group->intakes, group->log);
        pyw_log_outlet_flush(group->log);
    }
}

/* If this manager is killed, the next manager continues to read these pipes. */
static void store_logs(pyw_manager *manager)
{
    unsigned count = pyw_log_intake_store(&manager->intakes, &manager->log_store, "");
    pyw_worker_group *group;

    LIST_FOREACH (group, &manager->groups, next) {
        count += pyw_log_intake_store(&group->intakes, &manager->log_store, group->options->name);
    }
    pyw_log_store_tidy(&manager->log_store, count);
}

static void poll_descriptors(pyw_manager *manager, int64_t next)
{
    apr_pool_t *pool;
    apr_array_header_t *fds;
    int64_t left;

    apr_pool_create(&pool, manager->pool);
    fds = apr_array_make(pool, 16, sizeof(struct pollfd));
    left = collect_descriptors(manager, fds);
    left = (left < next ? left : next) - pyw_clock_ms();
    (void)!poll((struct pollfd *)(void *)fds->elts, (nfds_t)fds->nelts, left > 0 ? (int)(left + 1) : 0);
    apr_pool_destroy(pool);
}

static void manage(pyw_manager *manager)
{
    for (;;) {
        int64_t next = step_groups(manager);
        int64_t client = pyw_command_server_step(manager->command_server);
        int64_t drain = pyw_drain_step(manager);

        pyw_errand_step(manager);
        store_logs(manager);
        next = client < next ? client : next;
        next = drain < next ? drain : next;
        pyw_handover_release(manager->handover);
        if (LIST_EMPTY(&manager->groups) &&
            (manager->is_stopping || manager->is_unused || pyw_handover_is_complete(manager->handover))) {
            return;
        }
        poll_descriptors(manager, next);
        if (pyw_channel_fd(manager->control) >= 0) {
            read_control_frames(manager);
        }
        pyw_handover_read(manager->handover);
        write_logs(manager);
        read_worker_frames(manager);
        take_signals(manager);
        pyw_liveness_pipes_look(&manager->liveness_pipes);
        pyw_configuration_retire_unwanted(manager);
        check_periodically(manager);
    }
}

/* SIGINT and similar signals are for httpd's parent, which then sends commands. */
static int prepare_signals(void)
{
    sigset_t taken;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGTERM);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    return signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Another manager has taken over. */
static void hand_over(pyw_manager *manager)
{
    pyw_command_server_close(manager->command_server);
    pyw_configuration_retire_others(manager);
}

static int set_up_manager(pyw_manager *manager)
{
    pyw_log_file_note_zone();
    manager->log = pyw_log_outlet_create(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, PYW_HANDOVER_FD + 1));
    if (manager->log == NULL) {
        return 0;
    }
    pyw_log_outlet_note_faults(manager->log, &manager->faults, NULL);
    manager->json_log_fd = -1;
    pyw_log_install(pyw_log_outlet_sink, manager->log, PYW_LOG_NOTICE);
    if (fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) != 0) {
        pyw_log(PYW_LOG_ERR, PYWNO(0307) "--manager is for httpd's use: descriptor %d is not its channel", CONTROL_FD);
        return 0;
    }
    pyw_descriptors_raise();
    setsid(); /* httpd sends its signals to its whole process group */
    (void)!chdir("/");
    manager->parent = getppid();
    manager->directory.fd = -1;
    pyw_log_store_init(&manager->log_store);
    manager->control = pyw_channel_create();
    manager->signal_fd = prepare_signals();
    apr_pool_create(&manager->pool, NULL);
    manager->started = pyw_clock_ms();
    manager->command_server = pyw_command_server_create(manager, pyw_commands_run, pyw_stacks_run);
    manager->handover = pyw_handover_create(manager, hand_over);
    if (manager->control == NULL || manager->command_server == NULL || manager->handover == NULL ||
        manager->signal_fd < 0) {
        pyw_log(PYW_LOG_CRIT, PYWNO(0706) "the manager has no memory or descriptors, and exits");
        return 0;
    }
    pyw_channel_open(manager->control, CONTROL_FD);
    return 1;
}

/* 0: httpd's parent continues with the old manager. */
static int receive_groups(pyw_manager *manager)
{
    pyw_problem problem;

    fcntl(PYW_HANDOVER_FD, F_SETFD, FD_CLOEXEC);
    if (pyw_handover_receive(manager->handover, PYW_HANDOVER_FD, &problem) != PYW_OK) {
        pyw_log(PYW_LOG_ERR, PYWNO(0360) "this manager cannot take over: %s", problem.text);
        return 0;
    }
    return 1;
}

int pyw_manager_main(int is_successor)
{
    static pyw_manager manager;

    apr_initialize();
    if (!set_up_manager(&manager)) {
        return 1;
    }
    if (is_successor && !receive_groups(&manager)) {
        return 1;
    }
    manage(&manager);
    pyw_command_server_close(manager.command_server);
    pyw_handover_give_logs(manager.handover);
    if (pyw_handover_is_given(manager.handover)) {
        pyw_socket_directory_close(&manager.directory);
    }
    else if (pyw_command_server_leave(manager.command_server, &manager.directory)) {
        pyw_socket_directory_remove(&manager.directory);
    }
    pyw_log_install(NULL, NULL, PYW_LOG_EMERG);
    pyw_log_outlet_destroy(manager.log, LAST_RECORDS_MS);
    return 0;
}
