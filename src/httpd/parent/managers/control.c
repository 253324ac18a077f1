/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/managers/control.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <http_config.h>
#include <http_main.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unixd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "config/config.h"
#include "config/options/options.h"
#include "config/options/settings.h"
#include "httpd/facts.h"
#include "httpd/log/json.h"
#include "httpd/log/log.h"
#include "httpd/parent/liveness_pipe.h"
#include "httpd/parent/managers/log_store.h"
#include "httpd/queue/shared_memory.h"
#include "wire/channel.h"
#include "wire/table.h"
#include "wire/wait.h"

/* The manager's end of the control channel. */
#define MANAGER_CONTROL_FD 3

/* The manager's end of the channel to its predecessor. */
#define MANAGER_LEGACY_FD 4
#define ABOVE_ALL 10

/* The maximum of socket-timeout=; httpd's Timeout has none. */
#define LONGEST_TIMEOUT apr_time_from_sec(24 * 60 * 60)

/* The time limit for HANDOVER, which fits into the channel's buffer unless the manager has stopped reading. */
#define HANDOVER_TIMEOUT_MS 100

void pyw_control_close_from(int first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) {
        return;
    }
#endif
    for (long fd = sysconf(_SC_OPEN_MAX) - 1; fd >= first; fd--) {
        close((int)fd);
    }
}

/* In the child of the fork: executes the manager. `legacy`: the channel to the predecessor; -1: none. */
static void become_manager(const char *program, int control, int legacy)
{
    char *const arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "--manager",
                               legacy >= 0 ? (char *)(uintptr_t) "--successor" : NULL, NULL};
    int null = open("/dev/null", O_RDWR);

    control = fcntl(control, F_DUPFD, ABOVE_ALL);
    if (legacy >= 0 && ((legacy = fcntl(legacy, F_DUPFD, ABOVE_ALL)) < 0 || dup2(legacy, MANAGER_LEGACY_FD) < 0)) {
        _exit(127);
    }
    if (null < 0 || dup2(null, 0) < 0 || dup2(2, 1) < 0 || dup2(control, MANAGER_CONTROL_FD) < 0) {
        _exit(127);
    }
    pyw_control_close_from((legacy >= 0 ? MANAGER_LEGACY_FD : MANAGER_CONTROL_FD) + 1);
    execv(program, arguments);
    _exit(127);
}

const char *pyw_control_program(apr_pool_t *pool)
{
    const pyw_server_config *config = pyw_config_main();

    return config->daemon_program ? config->daemon_program
                                  : apr_pstrcat(pool, pyw_config_module_directory(pool), "/pywsgid", NULL);
}

void pyw_control_stamp(const char *path, char stamp[PYW_STAMP_SIZE])
{
    struct stat found;

    *stamp = '\0';
    if (path && stat(path, &found) == 0) {
        apr_snprintf(stamp, PYW_STAMP_SIZE, "%lx:%lx:%ld.%09ld:%ld", (unsigned long)found.st_dev,
                     (unsigned long)found.st_ino, (long)found.st_mtim.tv_sec, (long)found.st_mtim.tv_nsec,
                     (long)found.st_size);
    }
}

void pyw_control_program_stamp(char stamp[PYW_STAMP_SIZE])
{
    pyw_control_stamp(pyw_control_program(ap_server_conf->process->pconf), stamp);
}

/* A channel on a duplicate of the descriptor. NULL: see errno. */
static pyw_channel *open_channel(int control_fd)
{
    int fd = fcntl(control_fd, F_DUPFD_CLOEXEC, 3);
    pyw_channel *channel = fd >= 0 ? pyw_channel_create() : NULL;

    if (channel) {
        pyw_channel_open(channel, fd);
    }
    else if (fd >= 0) {
        close(fd);
        errno = ENOMEM;
    }
    return channel;
}

pyw_result pyw_control_hand_over(int control_fd, int *legacy, pyw_problem *problem)
{
    pyw_channel *channel = open_channel(control_fd);
    int pair[2];
    pyw_result result;

    if (!channel || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        result = pyw_problem_set(problem, "%s", strerror(errno));
        pyw_channel_destroy(channel);
        return result;
    }
    pyw_channel_queue(channel, PYW_FRAME_HANDOVER, 0, NULL, 0, pair[0]);
    result = pyw_channel_send(channel, HANDOVER_TIMEOUT_MS);
    pyw_channel_destroy(channel);
    close(pair[0]);
    if (result != PYW_OK) {
        close(pair[1]);
        return pyw_problem_set(problem, "the old manager does not respond (%s)", pyw_result_name(result));
    }
    *legacy = pair[1];
    return PYW_OK;
}

pyw_result pyw_control_complete_handover(int control_fd)
{
    pyw_channel *channel = open_channel(control_fd);
    pyw_result result = PYW_FAILED;
    int error = errno;

    if (channel) {
        pyw_channel_queue(channel, PYW_FRAME_HANDOVER, 1, NULL, 0, -1);
        result = pyw_channel_send(channel, HANDOVER_TIMEOUT_MS);
        error = errno;
        pyw_channel_destroy(channel);
    }
    errno = error;
    return result == PYW_FAILED ? PYW_FAILED : PYW_OK; /* a manager that does not read it is dead */
}

pyw_result pyw_control_spawn(pid_t *pid, int *control_fd, int legacy, pyw_problem *problem)
{
    const char *program = pyw_control_program(ap_server_conf->process->pconf);
    int pair[2];

    if (access(program, X_OK) != 0) {
        return pyw_problem_set(problem, "%s: %s; run make install, or set WSGIDaemonProgram", program, strerror(errno));
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return pyw_problem_set(problem, "socketpair: %s", strerror(errno));
    }
    *pid = fork();
    if (*pid == 0) {
        become_manager(program, pair[1], legacy);
    }
    close(pair[1]);
    if (*pid < 0) {
        close(pair[0]);
        return pyw_problem_set(problem, "fork: %s", strerror(errno));
    }
    *control_fd = pair[0];
    return PYW_OK;
}

/* A datagram socket to the system log: each write(2) is a message. -1: not available. */
static int open_syslog(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = _PATH_LOG};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A duplicate of the descriptor of a server's ErrorLog, or of descriptor 2 if it has none. */
static int open_log(const server_rec *server)
{
    const char *name = server->error_fname ? server->error_fname : ap_server_conf->error_fname;
    int fd = name && strncasecmp(name, "syslog", 6) == 0 ? open_syslog() : -1;
    apr_os_file_t file = 2;

    if (fd < 0 && (!server->error_log || apr_os_file_get(&file, server->error_log) != APR_SUCCESS)) {
        file = 2;
    }
    return fd >= 0 ? fd : fcntl(file, F_DUPFD_CLOEXEC, 3);
}

/* Sends a table without waiting. PYW_AGAIN: nothing was sent; call again. */
static pyw_result send_table(pyw_channel *channel, pyw_frame_type type, const apr_table_t *table,
                             const server_rec *server)
{
    pyw_buffer payload = {.is_secret = 1}; /* env= */
    pyw_result result = PYW_FAILED;
    int fd = open_log(server);

    pyw_table_encode(&payload, table);
    if (!payload.failed) {
        pyw_channel_queue(channel, type, 0, payload.data, payload.length, fd);
        result = pyw_channel_send(channel, 0);
    }
    pyw_buffer_free(&payload);
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

/* The options with the values that only httpd's parent can determine. */
static const pyw_group_options *complete_options(apr_pool_t *pool, const pyw_group *group)
{
    pyw_group_options *options = apr_pmemdup(pool, group->options, sizeof(*options));
    char stamp[PYW_STAMP_SIZE];

    if (options->worker.socket_timeout == 0) {
        options->worker.socket_timeout =
            group->server->timeout < LONGEST_TIMEOUT ? group->server->timeout : LONGEST_TIMEOUT;
    }
    options->worker.log_level = pyw_httpd_log_threshold(group->server);
    pyw_control_stamp(options->worker.engine, stamp);
    options->manager.engine_stamp = *stamp ? apr_pstrdup(pool, stamp) : NULL;
    options->worker.processes = options->manager.processes;
    options->worker.multiprocess |= options->manager.processes > 1;
    return options;
}

/* Sends a descriptor that the manager shares with httpd's children. */
static pyw_result send_descriptor(pyw_channel *channel, pyw_frame_type type, uint16_t flags, int fd)
{
    if (fd < 0) {
        return PYW_OK;
    }
    pyw_channel_queue(channel, type, flags, NULL, 0, fd);
    return pyw_channel_send(channel, 0);
}

static pyw_result send_group(pyw_channel *channel, apr_pool_t *pool, const pyw_group *group)
{
    const apr_table_t *pairs = pyw_options_pairs(complete_options(pool, group), PYW_PART_MANAGER, pool);

    return send_table(channel, PYW_FRAME_GROUP, pairs, group->server);
}

apr_table_t *pyw_control_settings(apr_pool_t *pool, const server_rec *main_server)
{
    const pyw_settings settings = {
        .socket_directory = pyw_config_main()->socket_directory,
        .httpd_uid = geteuid() == 0 ? ap_unixd_config.user_id : geteuid(),
        .server_name = main_server->server_hostname ? main_server->server_hostname : "",
        .httpd = pyw_facts_text(pool),
        .log_level = pyw_httpd_log_threshold(main_server),
    };

    return pyw_settings_pairs(&settings, pool);
}

static pyw_result send_settings(pyw_channel *channel, apr_pool_t *pool, server_rec *main_server)
{
    return send_table(channel, PYW_FRAME_COMMIT, pyw_control_settings(pool, main_server), main_server);
}

/*
 * The parts of a configuration in their order; COMMIT follows the groups. Each group, and COMMIT, follows a part with
 * its JSON log.
 */
enum {
    PART_WORKER_LIST,
    PART_LOAD,
    PART_STATS,
    PART_LIVENESS_PIPE,
    PART_STORE_WRITING,
    PART_STORE_READING,
    PART_GROUPS
};

struct pyw_delivery {
    apr_pool_t *pool;
    server_rec *main_server;
    pyw_channel *channel;
    int next;       /* the next part to send */
    int unanswered; /* number of unanswered configurations; answers arrive in order */
};

static apr_status_t destroy_channel(void *channel)
{
    pyw_channel_destroy(channel);
    return APR_SUCCESS;
}

pyw_delivery *pyw_delivery_begin(apr_pool_t *parent, int control_fd, int unanswered, server_rec *main_server)
{
    pyw_channel *channel = open_channel(control_fd);
    pyw_delivery *delivery;
    apr_pool_t *pool;

    if (!channel) {
        return NULL;
    }
    pyw_channel_keep_secret(channel);
    apr_pool_create(&pool, parent);
    apr_pool_tag(pool, "pywsgi_delivery");
    delivery = apr_pcalloc(pool, sizeof(*delivery));
    delivery->pool = pool;
    delivery->main_server = main_server;
    delivery->channel = channel;
    delivery->unanswered = unanswered;
    apr_pool_cleanup_register(pool, channel, destroy_channel, apr_pool_cleanup_null);
    return delivery;
}

void pyw_delivery_end(pyw_delivery *delivery)
{
    apr_pool_destroy(delivery->pool);
}

static int part_count(void)
{
    return PART_GROUPS + 2 * (pyw_config_main()->groups->nelts + 1);
}

static int is_sent(const pyw_delivery *delivery)
{
    return delivery->next == part_count() && !pyw_channel_has_output(delivery->channel);
}

int pyw_delivery_unanswered(const pyw_delivery *delivery)
{
    return delivery->next == 0 || is_sent(delivery) ? delivery->unanswered : -1;
}

static pyw_result send_part(pyw_delivery *delivery)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    pyw_channel *channel = delivery->channel;
    int index = (delivery->next - PART_GROUPS) / 2;
    const pyw_group *group =
        index < groups->nelts ? APR_ARRAY_IDX(groups, index < 0 ? 0 : index, const pyw_group *) : NULL;

    switch (delivery->next) {
    case PART_WORKER_LIST:
        return send_descriptor(channel, PYW_FRAME_WORKER_LIST, 0, pyw_shared_memory_worker_list_fd());
    case PART_LOAD:
        return send_descriptor(channel, PYW_FRAME_LOAD, 0, pyw_shared_memory_load_fd());
    case PART_STATS:
        return send_descriptor(channel, PYW_FRAME_STATS, 0, pyw_shared_memory_stats_fd());
    case PART_LIVENESS_PIPE:
        return send_descriptor(channel, PYW_FRAME_LIVENESS_PIPE, 0, pyw_liveness_pipe_fd());
    case PART_STORE_WRITING:
        return send_descriptor(channel, PYW_FRAME_STORE, 0, pyw_log_store_fd(0));
    case PART_STORE_READING:
        return send_descriptor(channel, PYW_FRAME_STORE, 1, pyw_log_store_fd(1));
    default:
        if ((delivery->next - PART_GROUPS) % 2 == 0) {
            return send_descriptor(channel, PYW_FRAME_JSON_LOG, 0,
                                   pyw_json_log_fd(group ? group->server : delivery->main_server));
        }
        return group ? send_group(channel, delivery->pool, group)
                     : send_settings(channel, delivery->pool, delivery->main_server);
    }
}

/* Sends the rest of the last part, or the next part. */
static pyw_result send_more(pyw_delivery *delivery)
{
    pyw_result result;

    if (pyw_channel_has_output(delivery->channel)) {
        return pyw_channel_send(delivery->channel, 0);
    }
    result = send_part(delivery);
    if (result == PYW_OK && ++delivery->next == part_count()) {
        delivery->unanswered++;
    }
    return result;
}

/* PYW_OK: everything was sent. */
static pyw_result send_configuration(pyw_delivery *delivery, int64_t deadline, pyw_problem *problem)
{
    while (!is_sent(delivery)) {
        int had_output = pyw_channel_has_output(delivery->channel);
        pyw_result result = send_more(delivery);

        if (result == PYW_AGAIN || (result == PYW_OK && had_output && pyw_channel_has_output(delivery->channel))) {
            result = pyw_wait(pyw_channel_fd(delivery->channel), POLLOUT, deadline);
        }
        if (result == PYW_TIMEOUT) {
            return PYW_TIMEOUT;
        }
        if (result == PYW_FAILED) {
            pyw_problem_set(problem, "httpd cannot send it: %s", strerror(errno));
            return PYW_GONE;
        }
        if (result != PYW_OK) {
            pyw_problem_set(problem, PYW_CONTROL_EXITED);
            return PYW_GONE;
        }
    }
    return PYW_OK;
}

/* Returns PYW_GONE. */
static pyw_result explain_silence(pyw_result result, pyw_problem *problem)
{
    if (result == PYW_FAILED) {
        pyw_problem_set(problem, "httpd cannot read its answer: %s", strerror(errno));
    }
    else if (result == PYW_EOF || result == PYW_GONE) {
        pyw_problem_set(problem, PYW_CONTROL_EXITED);
    }
    else {
        pyw_problem_set(problem, "its answer is invalid");
    }
    return PYW_GONE;
}

static pyw_result read_answer(pyw_delivery *delivery, int64_t deadline, pyw_frame *frame, pyw_problem *problem)
{
    int64_t left = deadline - pyw_clock_ms();
    pyw_result result = pyw_channel_read(delivery->channel, frame, left > 0 ? (int)left : 0);

    if (result == PYW_AGAIN || result == PYW_TIMEOUT) {
        return PYW_TIMEOUT;
    }
    if (result != PYW_OK || (frame->type != PYW_FRAME_BOUND && frame->type != PYW_FRAME_REFUSED)) {
        return explain_silence(result, problem);
    }
    delivery->unanswered--;
    return PYW_OK;
}

pyw_result pyw_delivery_continue(pyw_delivery *delivery, int64_t deadline, pyw_problem *problem)
{
    pyw_frame frame = {0};
    pyw_result result = send_configuration(delivery, deadline, problem);

    while (result == PYW_OK && delivery->unanswered > 0) {
        result = read_answer(delivery, deadline, &frame, problem);
    }
    if (result == PYW_OK && frame.type == PYW_FRAME_REFUSED) {
        return pyw_problem_set(problem, "%.*s", (int)frame.length, frame.payload);
    }
    return result;
}
