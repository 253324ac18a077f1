/* SPDX-License-Identifier: Apache-2.0 */
#include "command/verbs/stacks.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "command/ask.h"
#include "command/call.h"
#include "command/status/rows.h"
#include "command/verbs/stacks_json.h"
#include "wire/stack_text.h"
#include "wire/wait.h"

/*
 * If the application forks a process while the worker writes, that process holds the pipe open. Then the time limit
 * ends the wait, and the output so far is shown.
 */
enum { LIMIT_MS = 5000, BYTES_MOST = 2 * 1024 * 1024, LINE_MOST = 2000, WORD_MOST = 80 };

/* The requests of the next worker, which precede its row. */
typedef struct running {
    apr_pool_t *pool;
    apr_array_header_t *requests; /* running_request */
    pyw_stacks_json *json;        /* NULL: print text */
} running;

typedef struct running_request {
    const char *thread; /* as the stacks name it: hexadecimal digits */
    const char *text;   /* for the terminal */
    int is_shown;
} running_request;

static void print_request(running_request *request)
{
    printf("  %s\n", request->text);
    request->is_shown = 1;
}

/* A thread occurs in the stacks of each interpreter that it has been in. */
static void print_request_of(const running *self, const char *line, size_t length)
{
    for (int i = 0; i < self->requests->nelts; i++) {
        running_request *request = &APR_ARRAY_IDX(self->requests, i, running_request);

        if (!request->is_shown && pyw_stack_text_is_heading_of(line, length, request->thread)) {
            print_request(request);
        }
    }
}

static void print_other_requests(const running *self)
{
    for (int i = 0; i < self->requests->nelts; i++) {
        if (!APR_ARRAY_IDX(self->requests, i, running_request).is_shown) {
            print_request(&APR_ARRAY_IDX(self->requests, i, running_request));
        }
    }
}

static void print_stack_line(const running *self, const char *line, size_t length)
{
    char text[LINE_MOST];

    pyw_log_escape(text, sizeof(text), line, length);
    puts(text);
    print_request_of(self, line, length);
}

static void print_lines(const running *self, const pyw_buffer *bytes)
{
    const char *line = bytes->data;
    size_t left = bytes->length;

    while (left > 0) {
        const char *end = memchr(line, '\n', left);
        size_t length = end != NULL ? (size_t)(end - line) : left;

        print_stack_line(self, line, length);
        length += end != NULL;
        line += length;
        left -= length;
    }
}

/* Nothing, if the worker does not answer. Its bytes are not trusted, and their number is limited. */
static void read_stacks(int fd, pyw_buffer *bytes)
{
    if (fd >= 0) {
        pyw_stack_text_read(fd, pyw_wait_deadline(LIMIT_MS), BYTES_MOST, bytes);
        close(fd);
    }
    bytes->length = bytes->failed ? 0 : bytes->length;
}

static void add_request(const running *self, const pyw_pairs *row)
{
    running_request *added = apr_array_push(self->requests);

    added->thread = pyw_status_text(self->pool, row, "thread");
    added->text = apr_psprintf(
        self->pool, "runs for %.1f s: %s (client %s, id %s)", (double)pyw_status_number(row, "age-ms") / 1000,
        pyw_status_shown(self->pool, row, "request", LINE_MOST), pyw_status_shown(self->pool, row, "client", WORD_MOST),
        pyw_status_shown(self->pool, row, "id", WORD_MOST));
    added->is_shown = 0;
}

static void print_worker(const running *self, const pyw_pairs *row, const pyw_buffer *bytes)
{
    printf("worker %s (%s)\n", pyw_status_shown(self->pool, row, "pid", WORD_MOST),
           pyw_status_shown(self->pool, row, "state", WORD_MOST));
    print_lines(self, bytes);
    if (bytes->length == 0) {
        puts("  does not answer: it is starting or exiting");
    }
    print_other_requests(self);
    putchar('\n');
    apr_array_clear(self->requests);
}

/* The manager passes one end of a pipe, and the worker writes to the other end. */
static void take_worker(const running *self, const pyw_pairs *row, int fd)
{
    pyw_buffer bytes = {0};

    read_stacks(fd, &bytes);
    if (self->json != NULL) {
        pyw_stacks_json_worker(self->json, row, bytes.data, bytes.length);
    }
    else {
        print_worker(self, row, &bytes);
    }
    pyw_buffer_free(&bytes);
}

static void take_stack(void *context, const pyw_pairs *row, pyw_channel *channel)
{
    const running *self = context;

    if (!pyw_status_is(row, "request")) {
        take_worker(self, row, pyw_channel_take_fd(channel));
    }
    else if (self->json != NULL) {
        pyw_stacks_json_request(self->json, row);
    }
    else {
        add_request(self, row);
    }
}

static int run_stacks(const pyw_call *call)
{
    pyw_question question = pyw_question_of(call);
    running context = {call->pool, apr_array_make(call->pool, 8, sizeof(running_request)),
                       pyw_call_option(call, "json") != NULL ? pyw_stacks_json_create(call->pool) : NULL};
    const char *sentence = "";
    int status;

    question.take_row = take_stack;
    question.context = &context;
    status = pyw_ask(&question, &sentence);
    if (status != 0) {
        pyw_call_fail(sentence);
    }
    else if (context.json != NULL) {
        pyw_stacks_json_end(context.json);
    }
    else {
        puts(sentence);
    }
    return status;
}

static const pyw_verb_option options[] = {
    {"json", NULL, "print one JSON object"}, PYW_VERB_DIRECTORY, {NULL, NULL, NULL}};

const pyw_verb pyw_verb_stacks = {
    "stacks", "GROUP", "Show the Python stacks of all threads, and the requests that they run",
    NULL,     options, run_stacks,
};
