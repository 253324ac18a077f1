/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "manager/child/spawn.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "config/options/options.h"
#include "manager/child/measure.h"
#include "manager/descriptors.h"
#include "shm/worker_list.h"
#include "wire/table.h"

enum {
    HERITAGE_TIMEOUT_MS = 5000,
    FORK_TIMEOUT_MS = 1000, /* a template waits for nothing else */
    CLOSED_MOST = 64 * 1024,
    FD_BASE = PYW_HERITAGE_FDS + 10 /* descriptors first move above it, so that none overwrites another */
};

/* PYW_FAILED: see errno. */
static pyw_result send_heritage(pyw_child *child)
{
    const pyw_worker_group *group = child->group;
    pyw_buffer payload = {0};
    apr_pool_t *pool;
    pyw_result result = PYW_FAILED;
    int error = ENOMEM;

    apr_pool_create(&pool, group->pool);
    pyw_table_encode(&payload, apr_table_overlay(pool, pyw_options_pairs(group->options, PYW_PART_WORKER, pool),
                                                 pyw_settings_pairs(group->settings, pool)));
    if (!payload.failed) {
        pyw_channel_queue(child->channel, PYW_FRAME_HERITAGE, 0, payload.data, payload.length, -1);
        result = pyw_channel_send(child->channel, HERITAGE_TIMEOUT_MS);
        error = errno;
    }
    pyw_buffer_free(&payload);
    apr_pool_destroy(pool);
    errno = error;
    return result;
}

/* Shared memory, sealed so that the worker cannot shrink it. */
static int make_board(pyw_child *child, int threads)
{
    int fd = memfd_create("pywsgi-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *memory;

    child->board_threads = threads;
    child->board_size = PYW_BOARD_FILE_SIZE(child->board_threads);
    if (fd < 0) {
        return -1;
    }
    if (ftruncate(fd, (off_t)child->board_size) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        close(fd);
        return -1;
    }
    memory = mmap(NULL, child->board_size, PROT_READ, MAP_SHARED, fd, 0);
    child->board = memory == MAP_FAILED ? NULL : memory;
    return fd;
}

/* Between fork and exec: only async-signal-safe functions. */
static void place_descriptors(int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = fcntl(fds[i], F_DUPFD, FD_BASE);
    }
    for (int i = 0; i < count; i++) {
        if (fds[i] < 0 || dup2(fds[i], i) < 0) {
            _exit(127);
        }
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)count, ~0U, 0U) == 0) {
        return;
    }
#endif
    for (int fd = count; fd < CLOSED_MOST; fd++) {
        close(fd); /* all are close-on-exec anyway */
    }
}

/* A worker, and the programs that it starts, must not inherit the signals that the manager ignores. */
static void reset_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGUSR1, SIGUSR2};
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        signal(ignored[i], SIG_DFL);
    }
}

/* The descriptors of one process; -1: it has none. */
typedef struct own_fds {
    int is_template; /* it accepts no connections */
    int channel;
    int board;
    int listener;
    int output;
    int records;
} own_fds;

/* The descriptors that the process gets as 0, 1 ... The manager remains their owner. */
static void list_heritage(const own_fds *own, int fds[PYW_HERITAGE_FDS])
{
    fds[PYW_HERITAGE_NULL] = -1; /* opened by the new process */
    fds[PYW_HERITAGE_STDOUT] = own->output;
    fds[PYW_HERITAGE_LOG] = own->output;
    fds[PYW_HERITAGE_CHANNEL] = own->channel;
    fds[PYW_HERITAGE_LISTENER] = own->listener;
    fds[PYW_HERITAGE_BOARD] = own->board;
    fds[PYW_HERITAGE_RECORDS] = own->records;
}

static void become_worker(const pyw_worker_group *group, const own_fds *own)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int fds[PYW_HERITAGE_FDS];
    const char *display = group->options->manager.display_name;
    const char *role = own->is_template ? "--template" : "--worker";
    const char *const arguments[] = {display != NULL ? display : "pywsgid", role,
                                     display != NULL ? NULL : group->options->name, NULL};

    list_heritage(own, fds);
    for (int i = 0; i < PYW_HERITAGE_FDS; i++) {
        fds[i] = fds[i] >= 0 ? fds[i] : null;
    }
    setpgid(0, 0);
    place_descriptors(fds, PYW_HERITAGE_FDS);
    pyw_descriptors_restore();
    reset_signals();
    execv("/proc/self/exe", (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static pyw_result execute(pyw_child *child, const own_fds *own, pyw_problem *problem)
{
    child->pid = fork();
    if (child->pid == 0) {
        become_worker(child->group, own);
    }
    return child->pid > 0 ? PYW_OK : pyw_problem_set(problem, "fork: %s", strerror(errno));
}

/*
 * If the template dies, the kernel closes the descriptors on their way to it, and so the child's channel ends. After a
 * part of an order, a template can get no further order.
 */
static pyw_result order_fork(pyw_child *template, const own_fds *own, pyw_problem *problem)
{
    int fds[PYW_HERITAGE_FDS];
    pyw_result result;

    list_heritage(own, fds);
    for (int i = PYW_HERITAGE_STDOUT; i < PYW_HERITAGE_FDS; i++) {
        pyw_channel_queue(template->channel, PYW_FRAME_HAND, (uint16_t)i, NULL, 0, fds[i]);
    }
    pyw_channel_queue(template->channel, PYW_FRAME_FORK, 0, NULL, 0, -1);
    result = pyw_channel_send(template->channel, FORK_TIMEOUT_MS);
    if (result == PYW_OK) {
        return PYW_OK;
    }
    pyw_problem_set(problem, "the template cannot get the order (%s), and is replaced",
                    result == PYW_FAILED ? strerror(errno) : pyw_result_name(result));
    pyw_child_replace_by_signal(template);
    return PYW_FAILED;
}

/* Only the new process may hold them, so that its peers see the end of their connections as soon as it dies. */
static void close_own(const own_fds *own)
{
    const int fds[] = {own->channel, own->board, own->listener, own->output, own->records};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

/* Serials increase, also across managers. */
static uint64_t next_serial(void)
{
    static uint64_t last;
    uint64_t serial = (uint64_t)pyw_clock_us();

    last = serial > last ? serial : last + 1;
    return last;
}

/* The socket to which httpd's children connect. The worker of a service group has none. */
static pyw_result make_socket(pyw_child *child, int *listener, pyw_problem *problem)
{
    const pyw_worker_group *group = child->group;
    char name[PYW_WORKER_LIST_SOCKET_NAME];

    child->serial = next_serial();
    if (pyw_worker_group_is_service(group)) {
        return PYW_OK;
    }
    pyw_worker_list_socket_name(name, child->serial);
    child->socket.name = strdup(name);
    if (child->socket.name == NULL) {
        return pyw_problem_set(problem, "no memory");
    }
    return pyw_socket_file_bind(&child->socket, group->directory, pyw_worker_group_socket_owner(group), listener,
                                problem);
}

/* `template` forks the process; NULL: it is executed. `threads` < 0: the process is a template. */
static pyw_result start_child(pyw_child *child, pyw_child *template, int threads, pyw_problem *problem)
{
    static const int on = 1;
    own_fds own = {threads < 0, -1, -1, -1, -1, -1};
    int pair[2];
    pyw_result result;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return pyw_problem_set(problem, "socketpair: %s", strerror(errno));
    }
    pyw_channel_open(child->channel, pair[0]);
    if (template != NULL) {
        /* The kernel attaches the pid of the sender to each message. */
        setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    }
    own.channel = pair[1];
    own.board = make_board(child, own.is_template ? 0 : threads);
    if (own.board < 0) {
        close_own(&own);
        return pyw_problem_set(problem, "memfd_create: %s", strerror(errno));
    }
    child->log = pyw_log_intake_create(&own.output, &own.records);
    if (child->log == NULL) {
        close_own(&own);
        return pyw_problem_set(problem, "the pipe for its log: %s", strerror(errno));
    }
    if (!own.is_template && make_socket(child, &own.listener, problem) != PYW_OK) {
        close_own(&own);
        return PYW_FAILED;
    }
    result = template != NULL ? order_fork(template, &own, problem) : execute(child, &own, problem);
    close_own(&own);
    return result;
}

/* Before HERITAGE: the process still has the privileges of the manager, and has not done anything. */
static pyw_result put_into_cgroup(const pyw_child *child, pyw_problem *problem)
{
    const char *cgroup = child->group->options->manager.cgroup;
    int directory, procs;
    char pid[16];
    int length = snprintf(pid, sizeof(pid), "%ld", (long)child->pid);
    pyw_result result = PYW_OK;

    if (cgroup == NULL) {
        return PYW_OK;
    }
    directory = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
    procs = directory >= 0 ? openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC) : -1;
    if (procs < 0 || write(procs, pid, (size_t)length) != length) {
        result = pyw_problem_set(problem, "cgroup=%s does not take it: %s", cgroup, strerror(errno));
    }
    if (procs >= 0) {
        close(procs);
    }
    if (directory >= 0) {
        close(directory);
    }
    return result;
}

static void read_log(pyw_child *child)
{
    pyw_log_intake_add(&child->group->intakes, child->log, child->pid);
    child->log = NULL;
}

static void undo_start(const pyw_child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
    }
}

static pyw_child *create_child(pyw_worker_group *group, pyw_child *template, int threads, pyw_problem *problem)
{
    pyw_child *child = calloc(1, sizeof(*child));

    if (child == NULL || (child->channel = pyw_channel_create()) == NULL) {
        free(child);
        pyw_problem_set(problem, "no memory");
        return NULL;
    }
    child->group = group;
    child->state = PYW_CHILD_STARTING;
    child->generation = group->generation;
    child->code_generation = template != NULL ? template->code_generation : group->generation;
    child->started = pyw_clock_ms();
    child->kill_at = INT64_MAX;
    pyw_measure_begin(child);
    /* A worker that a template forks is in the cgroup of the template. */
    if (start_child(child, template, threads, problem) != PYW_OK ||
        (template == NULL && put_into_cgroup(child, problem) != PYW_OK)) {
        undo_start(child);
        pyw_spawn_free(child);
        return NULL;
    }
    return child;
}

/* The process was started. If it has died already, waitpid(2) reports that. */
static pyw_result begin(pyw_child *child)
{
    read_log(child);
    pyw_oom_look(&child->oom, child->pid);
    return send_heritage(child) == PYW_FAILED ? PYW_FAILED : PYW_OK;
}

/* Returns the child, or NULL: the process was killed. */
static pyw_child *begin_executed(pyw_child *child, pyw_problem *problem)
{
    if (begin(child) != PYW_OK) {
        pyw_problem_set(problem, "its settings cannot be sent: %s", strerror(errno));
        undo_start(child);
        pyw_spawn_free(child);
        return NULL;
    }
    return child;
}

pyw_child *pyw_spawn(pyw_worker_group *group, pyw_problem *problem)
{
    pyw_child *child = create_child(group, NULL, group->options->worker.threads, problem);

    return child != NULL ? begin_executed(child, problem) : NULL;
}

pyw_child *pyw_spawn_template(pyw_worker_group *group, pyw_problem *problem)
{
    pyw_child *child;

    prctl(PR_SET_CHILD_SUBREAPER, 1); /* workers that it forks become children of this process */
    child = create_child(group, NULL, -1, problem);
    if (child != NULL) {
        child->is_template = 1;
        child = begin_executed(child, problem);
    }
    return child;
}

pyw_child *pyw_spawn_order(pyw_worker_group *group, pyw_child *template, pyw_problem *problem)
{
    return create_child(group, template, group->options->worker.threads, problem);
}

/* The pid of the sender of a message; 0: unknown. */
static pid_t find_sender(struct msghdr *message)
{
    struct ucred sender = {0};

    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
            memcpy(&sender, CMSG_DATA(part), sizeof(sender));
        }
    }
    return sender.pid;
}

/* Only FORKED is accepted. The kernel discards descriptors that are sent with it. */
static pyw_result receive_forked(int fd, pid_t *pid)
{
    unsigned char bytes[PYW_FRAME_HEADER_SIZE];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec room = {bytes, sizeof(bytes)};
    struct msghdr message = {
        .msg_iov = &room, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    pyw_frame_header header;
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? PYW_AGAIN : PYW_EOF;
    }
    if (got == 0) {
        return PYW_EOF;
    }
    *pid = find_sender(&message);
    return pyw_frame_header_decode(&header, bytes, (size_t)got) == PYW_OK && header.type == PYW_FRAME_FORKED
               ? PYW_OK
               : PYW_MALFORMED;
}

/* Also a process that has ended and has not been reaped. */
static int is_own_child(pid_t pid)
{
    siginfo_t info = {0};

    return pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

pyw_result pyw_spawn_forked(pyw_child *child)
{
    static const int off = 0;
    int fd = pyw_channel_fd(child->channel);
    pid_t pid = 0;
    pyw_result result = receive_forked(fd, &pid);

    if (result != PYW_OK) {
        return result;
    }
    if (!is_own_child(pid)) {
        return PYW_MALFORMED;
    }
    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off));
    child->pid = pid;
    result = begin(child);
    if (result != PYW_OK) {
        kill(pid, SIGKILL);
    }
    return result;
}

void pyw_spawn_free(pyw_child *child)
{
    pyw_channel_destroy(child->channel);
    pyw_log_intake_free(child->log);
    if (child->socket.name != NULL) {
        pyw_socket_file_remove(&child->socket, child->group->directory);
        free((void *)(uintptr_t)child->socket.name);
    }
    if (child->board != NULL) {
        munmap(child->board, child->board_size);
    }
    free(child);
}
