/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/command/commands.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "manager/command/drain.h"
#include "manager/command/errand.h"
#include "manager/command/goal.h"
#include "manager/command/stacks.h"
#include "manager/command/status.h"
#include "manager/command/waiting.h"
#include "manager/group/reload/canary.h"
#include "manager/group/reload/replacement.h"
#include "manager/group/step.h"

enum { CANARY_MOST_S = 60 * 60 };

typedef struct command_call {
    pyw_manager *manager;
    pyw_command_client *client;
    const char *verb;
    pyw_worker_group *group; /* NULL: the command names no group */
    const pyw_pairs *pairs;  /* the arguments */
    int is_waiting;
} command_call;

/* An argument that is not a number, or out of range, gets its default: the client has checked it. */
static long number_of(const command_call *self, const char *name, long most, long by_default)
{
    const char *text = pyw_command_server_text(self->client, self->pairs, name);
    char *end;
    long number = text != NULL ? strtol(text, &end, 10) : -1;

    return number >= 0 && number <= most && *end == '\0' ? number : by_default;
}

static void answer_or_wait(const command_call *self, const char *begun)
{
    pyw_waiting *waiting;

    if (!self->is_waiting) {
        pyw_command_server_answer(self->client, PYW_FRAME_DONE, "group '%s': %s", self->group->options->name, begun);
        return;
    }
    waiting = pyw_waiting_create(self->client);
    pyw_waiting_add(waiting, self->group);
    pyw_command_server_await(self->client, pyw_waiting_check, waiting);
}

static void begin_errand(const command_call *self, const pyw_worker_group *group, const char *effect)
{
    pyw_errand_begin(self->manager, group, self->verb, pyw_command_server_who(self->client), effect);
}

static void show_status(const command_call *self)
{
    pyw_status_send(self->manager, self->group, self->client);
    pyw_command_server_answer(self->client, PYW_FRAME_DONE, "%s", "");
}

static void show_stacks(const command_call *self)
{
    const pyw_worker_question question = {"stacks", PYW_FRAME_STACKS, NULL, 0};

    pyw_stacks_ask(self->group, &question, self->client);
}

static long canary_seconds(const command_call *self)
{
    return number_of(self, "canary", CANARY_MOST_S, 0);
}

/* The program of a service group has no canary: two programs must not run at the same time. */
static void replace_workers(const command_call *self, pyw_worker_group *group)
{
    pyw_worker_group_resume(group);
    pyw_worker_group_roll(group, PYW_RELOAD_BY_COMMAND);
    pyw_canary_begin(group, pyw_worker_group_is_service(group) ? 0 : canary_seconds(self) * 1000);
    begin_errand(self, group,
                 pyw_worker_group_has_canary(group) ? "a canary tries the new code" : "its workers are replaced");
}

/* Also for a stopped group. */
static void restart(const command_call *self)
{
    replace_workers(self, self->group);
    answer_or_wait(self, "its workers are being replaced");
}

/* Stopped and removed groups are left as they are. */
static void reload_all(const command_call *self)
{
    pyw_waiting *waiting = pyw_waiting_create(self->client);
    int count = 0;
    pyw_worker_group *group;

    LIST_FOREACH (group, &self->manager->groups, next) {
        if (group->phase == PYW_PHASE_SERVING) {
            replace_workers(self, group);
            pyw_waiting_add(waiting, group);
            count++;
        }
    }
    if (self->is_waiting && count > 0) {
        pyw_command_server_await(self->client, pyw_waiting_check, waiting);
    }
    else {
        pyw_command_server_answer(self->client, PYW_FRAME_DONE, "the workers of %d %s are being replaced", count,
                                  count == 1 ? "group" : "groups");
    }
}

static void reload(const command_call *self)
{
    if (self->group == NULL) {
        reload_all(self);
    }
    else if (self->group->phase == PYW_PHASE_STOPPED) {
        pyw_command_server_answer(self->client, PYW_FRAME_REFUSED, "group '%s' is stopped: start it",
                                  self->group->options->name);
    }
    else if (canary_seconds(self) > 0 && pyw_worker_group_is_service(self->group)) {
        pyw_command_server_answer(self->client, PYW_FRAME_REFUSED,
                                  "group '%s' runs a program and no requests, so it can have no canary",
                                  self->group->options->name);
    }
    else {
        restart(self);
    }
}

static void start_group(const command_call *self)
{
    if (self->group->phase != PYW_PHASE_STOPPED) {
        pyw_command_server_answer(self->client, PYW_FRAME_DONE, "group '%s' is not stopped",
                                  self->group->options->name);
        return;
    }
    pyw_worker_group_resume(self->group);
    begin_errand(self, self->group, "it is started");
    answer_or_wait(self, "its workers are being started");
}

static void stop_group(const command_call *self)
{
    if (self->group->phase != PYW_PHASE_STOPPED) {
        pyw_worker_group_halt(self->group);
        begin_errand(self, self->group, "it is stopped, requests get 503 until it is started");
    }
    answer_or_wait(self, "its workers finish");
}

static void drain(const command_call *self)
{
    pyw_drain_begin(self->manager, number_of(self, "seconds", PYW_DRAIN_MOST_S, PYW_DRAIN_DEFAULT_S),
                    number_of(self, "deadline", PYW_DRAIN_MOST_S, 0), pyw_command_server_who(self->client));
    pyw_drain_answer(self->manager, self->client, self->is_waiting);
}

static void profile(const command_call *self)
{
    pyw_message_profile request = {(uint16_t)number_of(self, "seconds", UINT16_MAX, 0),
                                   (uint16_t)number_of(self, "rate", UINT16_MAX, 0)};
    unsigned char payload[PYW_MESSAGE_PROFILE_SIZE];
    const pyw_worker_question question = {"profile", PYW_FRAME_PROFILE, payload, sizeof(payload)};

    pyw_message_profile_encode(payload, &request);
    if (pyw_message_profile_decode(&request, (const char *)payload, sizeof(payload)) != PYW_OK) {
        pyw_command_server_answer(self->client, PYW_FRAME_REFUSED,
                                  "a profile takes 1 to %d seconds, with 1 to %d samples per second",
                                  PYW_PROFILE_SECONDS_MOST, PYW_PROFILE_RATE_MOST);
        return;
    }
    pyw_errand_log(
        self->group, self->verb, pyw_command_server_who(self->client),
        apr_psprintf(pyw_command_server_pool(self->client), "its workers are profiled for %d s", request.seconds));
    pyw_stacks_ask(self->group, &question, self->client);
}

/* The groups that a command applies to. */
typedef enum {
    OF_ANY, /* one or all; the command itself decides about a missing name */
    OF_ONE,
    OF_ONE_OR_ALL /* `all` must be explicit, so that a forgotten name does not mean all */
} command_scope;

static const struct {
    const char *name;
    command_scope scope;
    void (*run)(const command_call *self);
} commands[] = {
    {"status", OF_ANY, show_status}, {"reload", OF_ONE_OR_ALL, reload}, {"restart", OF_ONE, restart},
    {"stop", OF_ONE, stop_group},    {"start", OF_ONE, start_group},    {"stacks", OF_ONE, show_stacks},
    {"drain", OF_ANY, drain},        {"profile", OF_ONE, profile},
};

static void refuse_unknown(const command_call *self, const char *name)
{
    const char *known = "";
    const pyw_worker_group *group;

    LIST_FOREACH (group, &self->manager->groups, next) {
        known = apr_pstrcat(pyw_command_server_pool(self->client), known, *known ? ", " : "", "'", group->options->name,
                            "'", NULL);
    }
    pyw_command_server_answer(self->client, PYW_FRAME_REFUSED, "there is no group '%s'; there %s %.3000s", name,
                              strchr(known, ',') != NULL ? "are" : "is", *known ? known : "none");
}

static void run_command(command_call *self, size_t number)
{
    const char *group = pyw_command_server_text(self->client, self->pairs, "group");
    int is_for_all =
        commands[number].scope == OF_ANY ||
        (commands[number].scope == OF_ONE_OR_ALL && pyw_command_server_text(self->client, self->pairs, "all") != NULL);

    if (group == NULL && !is_for_all) {
        pyw_command_server_answer(self->client, PYW_FRAME_REFUSED, "%s needs a group", commands[number].name);
        return;
    }
    self->verb = commands[number].name;
    self->group = group != NULL ? pyw_goal_find_group(self->manager, group) : NULL;
    if (group != NULL && self->group == NULL) {
        refuse_unknown(self, group);
        return;
    }
    commands[number].run(self);
}

void pyw_commands_run(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command)
{
    const char *name = pyw_command_server_text(client, command, "command");
    command_call self = {manager, client,  NULL,
                         NULL,    command, pyw_command_server_text(client, command, "wait") != NULL};

    for (size_t i = 0; name != NULL && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            run_command(&self, i);
            return;
        }
    }
    pyw_command_server_answer(client, PYW_FRAME_REFUSED, "the manager does not know the command '%.100s'",
                              name != NULL ? name : "");
}
