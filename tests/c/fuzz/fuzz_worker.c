/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for a worker's messages in the manager: frames on its channel, its board, and its log pipe. The
 * first byte is the state of the worker (its low 3 bits), whether it is a template (0x10), its group has a second
 * worker (0x20) or serves (0x40), and whether each byte for the channel is the type of an empty frame (0x80). The next
 * two bytes are the length of the text that fills the board; then that text, and the bytes for the channel, which also
 * go to the log pipe. No record holds a byte that controls a terminal, and only these workers get signals.
 */
#include <apr_general.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "checks.h"
#include "config/options/options.h"
#include "fuzzed_child.h"
#include "manager/child/child.h"
#include "manager/child/crash_traceback.h"
#include "manager/child/exit_report.h"
#include "manager/group/reports.h"
#include "manager/log/intake.h"
#include "wire/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int kill(pid_t pid, int number);

enum { STATE = 0x07, TEMPLATE = 0x10, TWO_WORKERS = 0x20, SERVING = 0x40, AS_TYPES = 0x80 };
enum { PREFIX = 3, PID = 0x7ffffff0, THREADS = 2, STACKS = 2000 };

/* Instead of the C library's. */
int kill(pid_t pid, int number)
{
    pyw_must(pid == PID || pid == -PID || pid == PID - 1 || pid == 1 - PID);
    pyw_must(number == SIGKILL || number == SIGTERM);
    return 0;
}

static void set_up(pyw_worker_group *group, pyw_settings *settings, apr_pool_t *pool, int log)
{
    group->pool = pool;
    group->options = pyw_options_create(pool, "group");
    group->settings = settings;
    group->log = pyw_log_outlet_create(log);
    group->report = pyw_group_report;
    group->generation = 1;
    group->wanted = 2;
    pyw_must(group->log != NULL);
}

static void add_child(pyw_worker_group *group, pyw_child *child, pid_t pid, pyw_child_state state, int *peer)
{
    *peer = pyw_fuzzed_child_open(child);
    child->group = group;
    child->pid = pid;
    child->state = state;
    child->generation = 1;
    child->kill_at = INT64_MAX;
    LIST_INSERT_HEAD(&group->children, child, next);
}

static void fill(void *memory, size_t size, const uint8_t *text, size_t length)
{
    for (size_t i = 0; length > 0 && i < size; i += length) {
        memcpy((char *)memory + i, text, length < size - i ? length : size - i);
    }
}

/* All of it but most of the failures, which are alike. */
static void fill_board(pyw_child *child, pyw_board *board, const uint8_t *text, size_t length)
{
    fill(board, offsetof(pyw_board, failures) + 2 * sizeof(pyw_board_failure), text, length);
    fill(board->slots, THREADS * sizeof(pyw_board_slot), text, length);
    fill((char *)board + PYW_BOARD_SIZE(THREADS), STACKS, text, length);
    child->board = board;
    child->board_size = PYW_BOARD_FILE_SIZE(THREADS);
    child->board_threads = THREADS;
}

/* A record of the manager or of the worker: every line is escaped. */
static void check_log(int fd)
{
    char text[64 * 1024];
    ssize_t length;

    while ((length = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < length; i++) {
            pyw_must(text[i] == '\n' || text[i] == '\t' || (unsigned char)text[i] >= ' ');
        }
    }
}

static void send_frames(int peer, const uint8_t *types, size_t count)
{
    unsigned char header[PYW_FRAME_HEADER_SIZE];

    for (size_t i = 0; i < count; i++) {
        pyw_frame_header_encode(header, &(pyw_frame_header){types[i], 0, 0});
        (void)!send(peer, header, sizeof(header), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void send_input(int peer, int flags, const uint8_t *data, size_t size)
{
    if (flags & AS_TYPES) {
        send_frames(peer, data, size);
    }
    else {
        pyw_must(size == 0 || send(peer, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0);
    }
}

static void write_log(pyw_worker_group *group, const uint8_t *data, size_t size)
{
    int output, records;
    pyw_log_intake *intake = pyw_log_intake_create(&output, &records);

    pyw_must(intake != NULL);
    pyw_log_intake_add(&group->intakes, intake, PID);
    pyw_must(write(records, data, size) == (ssize_t)size);
    close(output);
    close(records);
    pyw_log_intake_read(&group->intakes, group->log);
    pyw_log_intake_read(&group->intakes, group->log);
    pyw_must(LIST_EMPTY(&group->intakes));
}

static void run(apr_pool_t *pool, int flags, const uint8_t *text, size_t length, const uint8_t *data, size_t size)
{
    pyw_settings settings = {0};
    pyw_worker_group group = {0};
    pyw_child child = {0}, other = {0};
    pyw_board *board = calloc(1, PYW_BOARD_FILE_SIZE(THREADS));
    int log[2], peer, other_peer = -1;

    pyw_must(board != NULL && pipe2(log, O_CLOEXEC | O_NONBLOCK) == 0);
    set_up(&group, &settings, pool, log[1]);
    group.phase = flags & SERVING ? PYW_PHASE_SERVING : PYW_PHASE_STOPPED;
    if (flags & TWO_WORKERS) {
        add_child(&group, &other, PID - 1, PYW_CHILD_READY, &other_peer);
    }
    add_child(&group, &child, PID, (pyw_child_state)((flags & STATE) % PYW_CHILD_STATES), &peer);
    child.is_template = (flags & TEMPLATE) != 0;
    fill_board(&child, board, text, length);
    send_input(peer, flags, data, size);
    close(peer);
    pyw_child_listen(&child);
    pyw_worker_group_look(&group);
    pyw_exit_report_note_stuck(&child);
    pyw_crash_traceback_log(&child);
    write_log(&group, data, size);
    pyw_log_outlet_flush(group.log);
    check_log(log[0]);
    pyw_log_outlet_destroy(group.log, 0);
    close(log[0]);
    pyw_channel_destroy(child.channel);
    if (other.channel != NULL) {
        pyw_channel_destroy(other.channel);
        close(other_peer);
    }
    free(board);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length = size > PREFIX ? ((size_t)data[1] << 8 | data[2]) % (size - PREFIX + 1) : 0;
    apr_pool_t *pool;

    if (size < PREFIX) {
        return 0;
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    run(pool, data[0], data + PREFIX, length, data + PREFIX + length, size - PREFIX - length);
    apr_pool_destroy(pool);
    return 0;
}
