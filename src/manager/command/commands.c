/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, F_SETPIPE_SZ */
#endif
#include "manager/command/commands.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "manager/child/child.h"
#include "manager/command/status.h"
#include "manager/group/reload/replacement.h"
#include "manager/group/state.h"
#include "manager/group/step.h"

/* Capacity for the stacks of a worker, which does not wait for the reader. */
enum { STACKS_SIZE = 1024 * 1024 };

typedef struct command_call {
    pyw_manager *manager;
    pyw_command_client *client;
    pyw_worker_group *group; /* NULL: the command names no group */
    int is_waiting;
    const pyw_pairs *arguments;
} command_call;

/* A question to the workers of a group, which answer to pipes. */
typedef struct worker_question {
    const char *kind; /* of the client's rows */
    pyw_frame_type type;
    const void *payload;
    size_t length;
} worker_question;

static int count_workers(const pyw_worker_group *group)
{
    int count = 0;

    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        count += pyw_child_is_loaded(child);
    }
    return count;
}

static void log_command(const command_call *self, const char *what)
{
    pyw_group_log(self->group, PYW_LOG_NOTICE, PYWNO(0350) "group '%s': %s (pywsgi, pid %ld)",
                  self->group->options->name, what, pyw_command_server_pid(self->client));
}

static void answer_or_wait(const command_call *self, const char *begun)
{
    if (self->is_waiting) {
        pyw_command_server_await(self->client, self->group->options->name, self->group->generation);
    }
    else {
        pyw_command_server_answer(self->client, PYW_FRAME_DONE, "group '%s': %s", self->group->options->name, begun);
    }
}

static void show_status(const command_call *self)
{
    pyw_status_send(self->manager, self->group, self->client);
    pyw_command_server_answer(self->client, PYW_FRAME_DONE, "%s", "");
}

/* Also for a stopped group. */
static void restart(const command_call *self)
{
    log_command(self, "its workers are replaced");
    pyw_worker_group_resume(self->group);
    pyw_worker_group_roll(self->group, PYW_RELOAD_BY_COMMAND);
    answer_or_wait(self, "its workers are being replaced");
}

static void reload(const command_call *self)
{
    if (self->group->phase == PYW_PHASE_STOPPED) {
        pyw_command_server_answer(self->client, PYW_FRAME_REFUSED, "group '%s' is stopped: start it",
                                  self->group->options->name);
        return;
    }
    restart(self);
}

static void start_group(const command_call *self)
{
    if (self->group->phase != PYW_PHASE_STOPPED) {
        pyw_command_server_answer(self->client, PYW_FRAME_DONE, "group '%s' is not stopped",
                                  self->group->options->name);
        return;
    }
    log_command(self, "it is started");
    pyw_worker_group_resume(self->group);
    answer_or_wait(self, "its workers are being started");
}

static void stop_group(const command_call *self)
{
    if (self->group->phase != PYW_PHASE_STOPPED) {
        log_command(self, "it is stopped, requests get 503 until it is started");
        pyw_worker_group_halt(self->group);
    }
    answer_or_wait(self, "its workers finish");
}

/* The worker writes, and must not wait for the reader. */
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return 0;
    }
    (void)!fcntl(ends[1], F_SETPIPE_SZ, STACKS_SIZE);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    return 1;
}

/* Returns the reading end of the worker's pipe, or -1. */
static int ask_worker(const command_call *self, const worker_question *question, pyw_child *child)
{
    apr_pool_t *pool = pyw_command_server_pool(self->client);
    pyw_pairs pairs = {0};
    int ends[2];

    if (pyw_channel_fd(child->channel) < 0 || !make_pipe(ends)) {
        return -1;
    }
    pyw_channel_queue(child->channel, question->type, 0, question->payload, question->length, ends[1]);
    pyw_channel_send(child->channel, 0);
    close(ends[1]);
    pyw_pairs_add_text(&pairs, "kind", question->kind);
    pyw_pairs_add_text(&pairs, "pid", apr_psprintf(pool, "%ld", (long)child->pid));
    pyw_pairs_add_text(&pairs, "state", pyw_child_state_name(child->state));
    pyw_command_server_row(self->client, &pairs, ends[0]);
    pyw_pairs_free(&pairs);
    return ends[0];
}

/* The client reads the workers' output itself. */
static void ask_workers(const command_call *self, const worker_question *question)
{
    apr_array_header_t *fds = apr_array_make(pyw_command_server_pool(self->client), 8, sizeof(int));

    for (pyw_child *child = self->group->children; child != NULL; child = child->next) {
        if (!child->is_template || question->type == PYW_FRAME_STACKS) {
            APR_ARRAY_PUSH(fds, int) = ask_worker(self, question, child);
        }
    }
    pyw_command_server_answer(self->client, PYW_FRAME_DONE, "group '%s' has %d workers", self->group->options->name,
                              fds->nelts);
    for (int i = 0; i < fds->nelts; i++) {
        if (APR_ARRAY_IDX(fds, i, int) >= 0) {
            close(APR_ARRAY_IDX(fds, i, int));
        }
    }
}

static void show_stacks(const command_call *self)
{
    const worker_question question = {"stacks", PYW_FRAME_STACKS, NULL, 0};

    ask_workers(self, &question);
}

/* 0: not a number of up to four digits. */
static uint16_t number_of(const pyw_pairs *pairs, const char *name)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(pairs, name, &length);
    uint16_t number = 0;

    for (uint32_t i = 0; value != NULL && i < length; i++) {
        if (value[i] < '0' || value[i] > '9' || length > 4) {
            return 0;
        }
        number = (uint16_t)(number * 10 + (value[i] - '0'));
    }
    return number;
}

static void profile(const command_call *self)
{
    pyw_message_profile request = {number_of(self->arguments, "seconds"), number_of(self->arguments, "rate")};
    unsigned char payload[PYW_MESSAGE_PROFILE_SIZE];
    const worker_question question = {"profile", PYW_FRAME_PROFILE, payload, sizeof(payload)};

    pyw_message_profile_encode(payload, &request);
    if (pyw_message_profile_decode(&request, (const char *)payload, sizeof(payload)) != PYW_OK) {
        pyw_command_server_answer(self->client, PYW_FRAME_REFUSED,
                                  "a profile takes 1 to %d seconds, with 1 to %d samples per second",
                                  PYW_PROFILE_SECONDS_MOST, PYW_PROFILE_RATE_MOST);
        return;
    }
    log_command(self, apr_psprintf(pyw_command_server_pool(self->client), "its workers are profiled for %d s",
                                   request.seconds));
    ask_workers(self, &question);
}

static const struct {
    const char *name;
    int needs_group;
    void (*run)(const command_call *self);
} commands[] = {
    {"status", 0, show_status}, {"reload", 1, reload},      {"restart", 1, restart}, {"stop", 1, stop_group},
    {"start", 1, start_group},  {"stacks", 1, show_stacks}, {"profile", 1, profile},
};

static const char *text_of(apr_pool_t *pool, const pyw_pairs *pairs, const char *name)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(pairs, name, &length);

    return value != NULL ? apr_pstrmemdup(pool, value, length) : NULL;
}

static pyw_worker_group *find_group(const pyw_manager *manager, const char *name)
{
    for (pyw_worker_group *group = manager->groups; group != NULL; group = group->next) {
        if (group->phase < PYW_PHASE_ENDING && strcmp(group->options->name, name) == 0) {
            return group;
        }
    }
    return NULL;
}

static void refuse_unknown(const command_call *self, const char *name)
{
    const char *known = "";

    for (const pyw_worker_group *group = self->manager->groups; group != NULL; group = group->next) {
        known = apr_pstrcat(pyw_command_server_pool(self->client), known, *known ? ", " : "", "'", group->options->name,
                            "'", NULL);
    }
    pyw_command_server_answer(self->client, PYW_FRAME_REFUSED, "there is no group '%s'; there %s %.3000s", name,
                              strchr(known, ',') != NULL ? "are" : "is", *known ? known : "none");
}

static void run_command(command_call *self, size_t number, const char *group)
{
    if (group == NULL && commands[number].needs_group) {
        pyw_command_server_answer(self->client, PYW_FRAME_REFUSED, "%s needs a group", commands[number].name);
        return;
    }
    self->group = group != NULL ? find_group(self->manager, group) : NULL;
    if (group != NULL && self->group == NULL) {
        refuse_unknown(self, group);
        return;
    }
    commands[number].run(self);
}

void pyw_commands_run(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command)
{
    apr_pool_t *pool = pyw_command_server_pool(client);
    const char *name = text_of(pool, command, "command");
    command_call self = {manager, client, NULL, text_of(pool, command, "wait") != NULL, command};

    for (size_t i = 0; name != NULL && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            run_command(&self, i, text_of(pool, command, "group"));
            return;
        }
    }
    pyw_command_server_answer(client, PYW_FRAME_REFUSED, "the manager does not know the command '%.100s'",
                              name != NULL ? name : "");
}

static int has_broken(const pyw_worker_group *group)
{
    for (const pyw_child *child = group->children; child != NULL; child = child->next) {
        if (child->state == PYW_CHILD_BROKEN) {
            return 1;
        }
    }
    return 0;
}

static void check_stopped(const pyw_worker_group *group, pyw_command_client *client)
{
    if (group->children == NULL) {
        pyw_command_server_answer(client, PYW_FRAME_DONE, "group '%s' is stopped, its requests get 503",
                                  group->options->name);
    }
}

static void check_replaced(const pyw_worker_group *group, pyw_command_client *client, unsigned generation)
{
    const char *name = group->options->name;

    if ((int)(group->failed.generation - generation) >= 0 && group->failed.generation > 0) {
        pyw_command_server_answer(
            client, PYW_FRAME_REFUSED,
            "group '%s': the new workers do not start, see its log; the old workers continue to serve", name);
    }
    else if (pyw_worker_group_is_down(group)) {
        pyw_command_server_answer(client, PYW_FRAME_REFUSED,
                                  "group '%s': its workers do not start, see its log; requests get 503", name);
    }
    else if (pyw_worker_group_is_replaced(group) && has_broken(group)) {
        pyw_command_server_answer(client, PYW_FRAME_REFUSED,
                                  "group '%s': an application cannot be loaded, see its log; its requests get 500",
                                  name);
    }
    else if (pyw_worker_group_is_replaced(group)) {
        pyw_command_server_answer(client, PYW_FRAME_DONE, "group '%s': %d %s ready", name, count_workers(group),
                                  count_workers(group) == 1 ? "worker is" : "workers are");
    }
}

void pyw_commands_check(pyw_manager *manager, pyw_command_client *client, const char *name, unsigned generation)
{
    const pyw_worker_group *group = find_group(manager, name);

    if (group == NULL) {
        pyw_command_server_answer(client, PYW_FRAME_REFUSED, "group '%s' was removed from the configuration", name);
    }
    else if (group->phase == PYW_PHASE_STOPPED) {
        check_stopped(group, client);
    }
    else {
        check_replaced(group, client, generation);
    }
}
