/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/exit_status.h"
#include "command/socket.h"
#include "command/stacks.h"
#include "command/status_json.h"
#include "command/status_rows.h"
#include "command/status_table.h"
#include "wire/channel.h"

/* The manager answers immediately, unless it was asked to wait for the workers. */
enum { ANSWER_MS = 20 * 1000, WORD_MOST = 80 };

typedef enum { GROUP_NONE, GROUP_MAY, GROUP_MUST } group_need;

typedef struct command {
    const char *name;
    group_need group;
    int may_wait;
    const char *arguments;
    const char *help;
} command;

static const command commands[] = {
    {"status", GROUP_MAY, 0, "[--json] [GROUP]", "show the groups, their workers and their requests"},
    {"reload", GROUP_MUST, 1, "[--no-wait] GROUP", "load new code; old workers serve until new workers are ready"},
    {"restart", GROUP_MUST, 1, "[--no-wait] GROUP", "as reload; also start a stopped group"},
    {"stop", GROUP_MUST, 1, "[--no-wait] GROUP", "let the workers finish; requests get 503 until start"},
    {"start", GROUP_MUST, 1, "[--no-wait] GROUP", "start a stopped group"},
    {"stacks", GROUP_MUST, 0, "GROUP", "the Python stacks of all threads of all workers"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

typedef struct invocation {
    apr_pool_t *pool;
    const command *command;
    const char *group;     /* NULL: none */
    const char *directory; /* NULL: where httpd puts its sockets by default */
    int as_json;
    int no_wait;
    pyw_channel *channel;
    apr_array_header_t *rows; /* pyw_pairs */
} invocation;

static void print_usage(FILE *out)
{
    fputs("usage: pywsgid COMMAND [--directory DIR] ...\n\n", out);
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-7s %-17s  %s\n", commands[i].name, commands[i].arguments, commands[i].help);
    }
    fputs("\n"
          "  --directory DIR   where the sockets of httpd's daemon processes are, or the directory above;\n"
          "                    needed with WSGISocketPrefix and when several httpd run\n"
          "  pywsgid --version print the version of the program and of its protocol\n\n"
          "Exit status: 0 done, 1 refused or failed, 2 a wrong command line, 3 no httpd to be asked;\n"
          "of status also 4 a group is not (yet) served by all its workers, 5 requests for a group fail.\n"
          "The processes themselves are started by httpd with mod_pywsgi.\n",
          out);
}

static const command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int take_options(invocation *self, int argc, char **argv)
{
    static const struct option options[] = {
        {"directory", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"no-wait", no_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "d:", options, NULL)) != -1) {
        if (option == 'd') {
            self->directory = optarg;
        }
        else if (option == 'j' && strcmp(self->command->name, "status") == 0) {
            self->as_json = 1;
        }
        else if (option == 'n' && self->command->may_wait) {
            self->no_wait = 1;
        }
        else {
            return 0;
        }
    }
    return 1;
}

/* argv[0] is the command's name. */
static int take_arguments(invocation *self, int argc, char **argv)
{
    if (!take_options(self, argc, argv)) {
        return 0;
    }
    if (optind < argc && self->command->group != GROUP_NONE) {
        self->group = argv[optind++];
    }
    return optind == argc && (self->group != NULL || self->command->group != GROUP_MUST);
}

static pyw_result send_command(invocation *self)
{
    pyw_pairs pairs = {0};
    pyw_buffer payload = {0};
    pyw_result result;

    pyw_pairs_add_text(&pairs, "command", self->command->name);
    if (self->group != NULL) {
        pyw_pairs_add_text(&pairs, "group", self->group);
    }
    if (self->command->may_wait && !self->no_wait) {
        pyw_pairs_add_text(&pairs, "wait", "1");
    }
    pyw_message_pairs_encode(&payload, pairs.items, pairs.count);
    pyw_channel_queue(self->channel, PYW_FRAME_COMMAND, 0, payload.data, payload.length, -1);
    result = pyw_channel_send(self->channel, ANSWER_MS);
    pyw_buffer_free(&payload);
    pyw_pairs_free(&pairs);
    return result;
}

static void show_stacks(invocation *self, const pyw_pairs *row)
{
    int fd = pyw_channel_take_fd(self->channel);

    printf("worker %s (%s)\n", pyw_status_shown(self->pool, row, "pid", WORD_MOST),
           pyw_status_shown(self->pool, row, "state", WORD_MOST));
    if (fd < 0 || !pyw_command_copy_stacks(fd, stdout)) {
        puts("  does not answer: it is starting or exiting");
    }
    putchar('\n');
}

/* 0: the manager sent an invalid answer. */
static int take_row(invocation *self, const pyw_frame *frame)
{
    const char *payload = apr_pmemdup(self->pool, frame->payload, frame->length);
    pyw_pairs row = {0};

    if (pyw_message_pairs_decode(&row, payload, frame->length) != PYW_OK) {
        return 0;
    }
    if (pyw_status_is(&row, "stacks")) {
        show_stacks(self, &row);
        pyw_pairs_free(&row);
    }
    else {
        APR_ARRAY_PUSH(self->rows, pyw_pairs) = row;
    }
    return 1;
}

/* Prints a sentence from the manager on the terminal. */
static const char *sentence(const invocation *self, const pyw_frame *frame)
{
    char *out = apr_palloc(self->pool, PYW_LOG_RECORD_MAX);

    pyw_log_escape(out, PYW_LOG_RECORD_MAX, frame->payload, frame->length);
    return out;
}

static void show(invocation *self, const pyw_frame *frame)
{
    if (self->as_json) {
        pyw_status_print_json(self->pool, self->rows);
    }
    else if (self->rows->nelts > 0) {
        pyw_status_print_table(self->pool, self->rows);
    }
    else if (frame->length > 0) {
        puts(sentence(self, frame));
    }
}

/* The exit status of the group in the worst state. */
static int exit_status(const invocation *self)
{
    int status = PYW_COMMAND_DONE;

    for (int i = 0; i < self->rows->nelts; i++) {
        const char *health = pyw_status_text(self->pool, &APR_ARRAY_IDX(self->rows, i, pyw_pairs), "health");

        if (strcmp(health, "failing") == 0) {
            return PYW_COMMAND_FAILING;
        }
        status = strcmp(health, "impaired") == 0 ? PYW_COMMAND_IMPAIRED : status;
    }
    return status;
}

static int fail_command(const char *text)
{
    fprintf(stderr, "pywsgid: %s\n", text);
    return PYW_COMMAND_REFUSED;
}

static int take_answer(invocation *self)
{
    int limit = self->command->may_wait && !self->no_wait ? PYW_CHANNEL_FOREVER : ANSWER_MS;
    pyw_frame frame;

    for (;;) {
        pyw_result result = pyw_channel_read(self->channel, &frame, limit);

        if (result == PYW_EOF || result == PYW_GONE) {
            return fail_command("the manager has exited, or refused this user");
        }
        if (result != PYW_OK) {
            return fail_command(apr_psprintf(self->pool, "the manager does not answer (%s)", pyw_result_name(result)));
        }
        if (frame.type == PYW_FRAME_DONE) {
            show(self, &frame);
            return exit_status(self);
        }
        if (frame.type == PYW_FRAME_REFUSED) {
            return fail_command(sentence(self, &frame));
        }
        if (frame.type != PYW_FRAME_ROW || !take_row(self, &frame)) {
            return fail_command("this is not the manager's version of pywsgid");
        }
    }
}

static int run_command(invocation *self)
{
    int status = PYW_COMMAND_NOBODY;
    int fd = pyw_command_connect(self->directory, &status);

    if (fd < 0) {
        return status;
    }
    self->channel = pyw_channel_create();
    self->rows = apr_array_make(self->pool, 16, sizeof(pyw_pairs));
    if (self->channel == NULL) {
        return fail_command("no memory");
    }
    pyw_channel_open(self->channel, fd);
    if (send_command(self) != PYW_OK) {
        return fail_command("the manager does not listen");
    }
    return take_answer(self);
}

/* Flush the output, and report a failure: a status that could not be written is not a success. */
static int finish_command(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    return fail_command("the output cannot be written");
}

int pyw_command_main(int argc, char **argv)
{
    static invocation self;

    if (argc >= 2 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)) {
        print_usage(stdout);
        return PYW_COMMAND_DONE;
    }
    self.command = argc >= 2 ? find_command(argv[1]) : NULL;
    if (self.command == NULL || !take_arguments(&self, argc - 1, argv + 1)) {
        print_usage(stderr);
        return PYW_COMMAND_USAGE;
    }
    apr_initialize();
    apr_pool_create(&self.pool, NULL);
    return finish_command(run_command(&self));
}
