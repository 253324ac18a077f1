/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/handover.h"

#include <apr_strings.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "manager/group/state.h"
#include "manager/group/step.h"
#include "wire/message.h"

enum {
    RECEIVE_MS = 5000,
    SEND_MS = 5000,
    NUMBER_SIZE = 24,
    PAIRS_MAX = 16,         /* of a message */
    PAYLOAD_MAX = 8 * 1024, /* bytes of a message: two paths and a little more */
    SERVICE_PAUSE_MS = 500 /* in addition to shutdown-timeout, before the program of a service group is started again */
};

typedef struct legacy {
    const char *directory;
    const char *group;
    pyw_legacy what;
} legacy;

struct pyw_handover {
    pyw_manager *manager;
    void (*given)(pyw_manager *manager);
    apr_pool_t *pool;
    pyw_channel *channel;         /* to the other manager */
    pyw_pairs pairs;              /* the message that is read or sent; with ... */
    pyw_buffer payload;           /* ... its bytes, it has all of its memory from the beginning */
    int is_old;                   /* this is the old manager */
    int is_given;                 /* the new manager has taken over */
    int is_complete;              /* httpd's parent uses the new manager */
    apr_array_header_t *received; /* legacy */
};

pyw_handover *pyw_handover_create(pyw_manager *manager, void (*given)(pyw_manager *manager))
{
    pyw_handover *handover = calloc(1, sizeof(*handover));

    if (handover != NULL) {
        handover->manager = manager;
        handover->given = given;
        handover->channel = pyw_channel_create();
        apr_pool_create(&handover->pool, manager->pool);
        handover->received = apr_array_make(handover->pool, 8, sizeof(legacy));
        if (handover->channel == NULL || !pyw_pairs_reserve(&handover->pairs, PAIRS_MAX) ||
            pyw_buffer_reserve(&handover->payload, PAYLOAD_MAX) == NULL) {
            pyw_handover_destroy(handover);
            return NULL;
        }
    }
    return handover;
}

void pyw_handover_destroy(pyw_handover *handover)
{
    if (handover->channel != NULL) {
        pyw_channel_destroy(handover->channel);
    }
    pyw_pairs_free(&handover->pairs);
    pyw_buffer_free(&handover->payload);
    apr_pool_destroy(handover->pool);
    free(handover);
}

int pyw_handover_fd(const pyw_handover *handover)
{
    return pyw_channel_fd(handover->channel);
}

int pyw_handover_is_given(const pyw_handover *handover)
{
    return handover->is_old && handover->is_given;
}

int pyw_handover_is_complete(const pyw_handover *handover)
{
    return pyw_handover_is_given(handover) && handover->is_complete;
}

static void begin_message(pyw_handover *handover)
{
    handover->pairs.count = 0;
}

static void add_text(pyw_handover *handover, const char *name, const char *value)
{
    (void)pyw_pairs_add_text(&handover->pairs, name, value);
}

static pyw_result send_message(pyw_handover *handover, pyw_frame_type type, int fd)
{
    pyw_buffer *payload = &handover->payload;

    pyw_buffer_reset(payload, PAYLOAD_MAX);
    pyw_message_pairs_encode(payload, handover->pairs.items, handover->pairs.count);
    if (payload->failed) {
        return PYW_FAILED;
    }
    pyw_channel_queue(handover->channel, type, 0, payload->data, payload->length, fd);
    return pyw_channel_send(handover->channel, SEND_MS);
}

/* The group's memory that counts for memory-budget=. */
static uint64_t memory_of(const pyw_worker_group *group)
{
    uint64_t sum = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        sum += pyw_child_is_loaded(child) ? child->measured.counted : 0;
    }
    return sum;
}

static pyw_result give_group(pyw_handover *handover, const pyw_worker_group *group)
{
    char workers[NUMBER_SIZE], memory[NUMBER_SIZE];

    snprintf(workers, sizeof(workers), "%d", group->wanted);
    snprintf(memory, sizeof(memory), "%" PRIu64, memory_of(group));
    begin_message(handover);
    add_text(handover, "workers", workers);
    add_text(handover, "memory", memory);
    add_text(handover, "kind", "group");
    add_text(handover, "directory", handover->manager->directory.path);
    add_text(handover, "group", group->options->name);
    if (group->phase == PYW_PHASE_STOPPED) {
        add_text(handover, "stopped", "1");
    }
    return send_message(handover, PYW_FRAME_ROW, -1);
}

static const char *pair_text(const pyw_handover *handover, const char *name)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(&handover->pairs, name, &length);

    return value != NULL ? apr_pstrmemdup(handover->pool, value, length) : NULL;
}

/* 0: the pair is missing. The value comes from a manager, so it is a number. */
static uint64_t pair_number(const pyw_handover *handover, const char *name)
{
    const char *text = pair_text(handover, name);

    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static pyw_legacy read_legacy(const pyw_handover *handover)
{
    const uint64_t workers = pair_number(handover, "workers");
    const pyw_legacy what = {
        .is_stopped = pair_text(handover, "stopped") != NULL,
        .workers = workers < INT_MAX ? (int)workers : 0,
        .memory = pair_number(handover, "memory"),
    };

    return what;
}

static pyw_result store_group(pyw_handover *handover, const pyw_frame *frame)
{
    pyw_result result = pyw_message_pairs_decode(&handover->pairs, frame->payload, frame->length);
    legacy item = {pair_text(handover, "directory"), pair_text(handover, "group"), read_legacy(handover)};

    if (result != PYW_OK || item.directory == NULL || item.group == NULL) {
        return PYW_MALFORMED;
    }
    APR_ARRAY_PUSH(handover->received, legacy) = item;
    return PYW_OK;
}

pyw_result pyw_handover_receive(pyw_handover *handover, int fd, pyw_problem *problem)
{
    pyw_frame frame;
    pyw_result result;

    pyw_channel_open(handover->channel, fd);
    do {
        result = pyw_channel_read(handover->channel, &frame, RECEIVE_MS);
        if (result == PYW_OK && frame.type == PYW_FRAME_ROW) {
            result = store_group(handover, &frame);
        }
    } while (result == PYW_OK && frame.type == PYW_FRAME_ROW);
    if (result == PYW_OK && frame.type == PYW_FRAME_DONE) {
        return PYW_OK;
    }
    pyw_channel_close(handover->channel);
    return pyw_problem_set(problem, "the old manager does not hand over its groups (%s)", pyw_result_name(result));
}

int pyw_handover_has_predecessor(const pyw_handover *handover)
{
    return !handover->is_old && pyw_channel_fd(handover->channel) >= 0;
}

int pyw_handover_uses(const pyw_handover *handover, const char *directory)
{
    return handover->received->nelts > 0 &&
           strcmp(APR_ARRAY_IDX(handover->received, 0, legacy).directory, directory) == 0;
}

const pyw_legacy *pyw_handover_find(const pyw_handover *handover, const char *directory, const char *group)
{
    for (int i = 0; i < handover->received->nelts; i++) {
        const legacy *item = &APR_ARRAY_IDX(handover->received, i, legacy);

        if (strcmp(item->directory, directory) == 0 && strcmp(item->group, group) == 0) {
            return &item->what;
        }
    }
    return NULL;
}

static pyw_result send_command(pyw_handover *handover, const char *command, const char *group)
{
    begin_message(handover);
    add_text(handover, "command", command);
    if (group != NULL) {
        add_text(handover, "group", group);
    }
    return send_message(handover, PYW_FRAME_COMMAND, -1);
}

/*
 * Two programs of a service group must not run at the same time. The old program is stopped first, and gets time to
 * end.
 */
static void delay_program(pyw_worker_group *group)
{
    if (pyw_worker_group_is_service(group)) {
        group->start_at = pyw_clock_ms() + apr_time_as_msec(group->options->worker.shutdown_timeout) + SERVICE_PAUSE_MS;
    }
}

pyw_result pyw_handover_confirm(pyw_handover *handover, pyw_problem *problem)
{
    pyw_worker_group *group;
    pyw_result result = PYW_OK;

    if (handover->is_old || handover->is_given || pyw_channel_fd(handover->channel) < 0) {
        return PYW_OK;
    }
    LIST_FOREACH (group, &handover->manager->groups, next) {
        if (group->has_predecessor && result == PYW_OK) {
            result = send_command(handover, "own", group->options->name);
            delay_program(group);
        }
    }
    if (result == PYW_OK) {
        result = send_command(handover, "taken", NULL);
    }
    handover->is_given = result == PYW_OK;
    return handover->is_given ? PYW_OK
                              : pyw_problem_set(problem, "the old manager cannot be told: %s", strerror(errno));
}

static void forget_predecessor(const pyw_handover *handover)
{
    pyw_worker_group *group;

    LIST_FOREACH (group, &handover->manager->groups, next) {
        group->has_predecessor = 0;
    }
}

static void release_group(pyw_worker_group *group)
{
    if (group->phase < PYW_PHASE_ENDING) {
        pyw_worker_group_end(group, PYW_PHASE_END, pyw_worker_group_graceful_limit(group));
    }
}

/* The old manager: all groups have been taken over, or the new manager has exited. */
static void release_all(const pyw_handover *handover)
{
    pyw_worker_group *group;

    LIST_FOREACH (group, &handover->manager->groups, next) {
        release_group(group);
    }
}

static void take_over(pyw_handover *handover)
{
    pyw_manager *manager = handover->manager;

    pyw_log(PYW_LOG_NOTICE, PYWNO(0359) "another manager has taken over, this one ends when its workers have finished");
    handover->is_given = 1;
    handover->given(manager);
}

/* A pipe of programs that outlived a worker of the old manager. */
static void take_log(pyw_handover *handover, const pyw_frame *frame)
{
    int fd = pyw_channel_take_fd(handover->channel);
    pyw_log_intake *intake = fd >= 0 ? pyw_log_intake_adopt(fd) : NULL;

    if (frame->type == PYW_FRAME_ROW && intake != NULL &&
        pyw_message_pairs_decode(&handover->pairs, frame->payload, frame->length) == PYW_OK) {
        pyw_log_intake_add(&handover->manager->intakes, intake, (pid_t)pair_number(handover, "pid"));
    }
    else {
        pyw_log_intake_free(intake);
    }
}

void pyw_handover_give_logs(pyw_handover *handover)
{
    pyw_manager *manager = handover->manager;
    pid_t pid;
    int fd;

    while ((fd = pyw_log_intake_take(&manager->intakes, &pid, manager->log)) >= 0) {
        char number[NUMBER_SIZE];

        snprintf(number, sizeof(number), "%ld", (long)pid);
        begin_message(handover);
        add_text(handover, "kind", "log");
        add_text(handover, "pid", number);
        if (pyw_handover_is_given(handover) && pyw_channel_fd(handover->channel) >= 0) {
            (void)send_message(handover, PYW_FRAME_ROW, fd);
        }
        close(fd);
    }
}

static void obey_for_groups(const pyw_handover *handover, const char *command, const char *name)
{
    pyw_worker_group *group;

    LIST_FOREACH (group, &handover->manager->groups, next) {
        if (name == NULL || strcmp(group->options->name, name) != 0) {
            continue;
        }
        if (strcmp(command, "own") == 0) {
            pyw_worker_group_change(group, PYW_PHASE_HAND);
        }
        else if (strcmp(command, "release") == 0) {
            release_group(group);
        }
    }
}

/* The old manager. */
static pyw_result obey(pyw_handover *handover, const pyw_frame *frame)
{
    const char *command;
    pyw_result result = frame->type == PYW_FRAME_COMMAND
                            ? pyw_message_pairs_decode(&handover->pairs, frame->payload, frame->length)
                            : PYW_MALFORMED;

    if (result != PYW_OK) {
        return result;
    }
    command = pair_text(handover, "command");
    if (command == NULL) {
        return PYW_MALFORMED;
    }
    obey_for_groups(handover, command, pair_text(handover, "group"));
    if (strcmp(command, "taken") == 0) {
        take_over(handover);
    }
    return PYW_OK;
}

/* The other manager has exited. Until the hand-over is complete, httpd's parent may configure this one again. */
static void end_handover(pyw_handover *handover)
{
    pyw_channel_close(handover->channel);
    if (!handover->is_old) {
        forget_predecessor(handover);
    }
    else if (pyw_handover_is_complete(handover)) {
        release_all(handover);
    }
    else if (!handover->is_given) {
        handover->is_old = 0;
    }
}

/* The managers cannot talk to each other any more. The old one learns from httpd's parent which of them continues. */
static void break_off(pyw_handover *handover, const char *why)
{
    pyw_log(
        PYW_LOG_ERR,
        PYWNO(0361) "the connection to the %s manager ends early: a message cannot be %s (%s); all workers of the old "
                    "manager finish when the new one has taken over",
        handover->is_old ? "new" : "old", why, strerror(errno));
    end_handover(handover);
}

void pyw_handover_complete(pyw_handover *handover)
{
    handover->is_complete = 1;
    if (pyw_channel_fd(handover->channel) >= 0) {
        return;
    }
    if (!pyw_handover_is_given(handover)) { /* the new manager could not tell it */
        handover->is_old = 1;
        take_over(handover);
    }
    release_all(handover);
}

void pyw_handover_give(pyw_handover *handover, int fd)
{
    const pyw_worker_group *group;
    pyw_result result = PYW_OK;

    if (fd < 0) {
        return;
    }
    if (pyw_channel_fd(handover->channel) >= 0) {
        end_handover(handover); /* the workers of the manager before this one finish now */
    }
    handover->is_old = 1;
    handover->is_given = 0;
    handover->is_complete = 0;
    pyw_channel_open(handover->channel, fd);
    LIST_FOREACH (group, &handover->manager->groups, next) {
        if (group->phase <= PYW_PHASE_STOPPED && result == PYW_OK) {
            result = give_group(handover, group);
        }
    }
    if (result == PYW_OK) {
        pyw_channel_queue(handover->channel, PYW_FRAME_DONE, 0, NULL, 0, -1);
        result = pyw_channel_send(handover->channel, SEND_MS);
    }
    if (result != PYW_OK) {
        break_off(handover, "sent");
    }
}

void pyw_handover_take_back(pyw_handover *handover)
{
    if (handover->is_old) {
        pyw_channel_close(handover->channel);
        handover->is_old = 0;
        handover->is_given = 0;
    }
}

void pyw_handover_release(pyw_handover *handover)
{
    pyw_worker_group *group;

    if (handover->is_old || !handover->is_given) {
        return;
    }
    LIST_FOREACH (group, &handover->manager->groups, next) {
        if (group->has_predecessor && (pyw_worker_group_is_service(group) || pyw_worker_group_is_settled(group))) {
            group->has_predecessor = 0;
            if (send_command(handover, "release", group->options->name) != PYW_OK) {
                break_off(handover, "sent");
                return;
            }
        }
    }
}

void pyw_handover_read(pyw_handover *handover)
{
    pyw_frame frame;
    pyw_result result = PYW_OK;

    while (pyw_channel_fd(handover->channel) >= 0 && result == PYW_OK) {
        result = pyw_channel_read(handover->channel, &frame, 0);
        if (result == PYW_OK && handover->is_old) {
            result = obey(handover, &frame);
        }
        else if (result == PYW_OK) {
            take_log(handover, &frame);
        }
    }
    if (result == PYW_EOF || result == PYW_GONE) {
        end_handover(handover);
    }
    else if (result != PYW_OK && result != PYW_AGAIN) {
        break_off(handover, "read");
    }
}
