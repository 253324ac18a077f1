/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "command/ask.h"
#include "command/call.h"
#include "command/status/rows.h"
#include "wire/wait.h"

/*
 * If the application forks a process while the worker writes, that process holds the pipe open. Then the time limit
 * ends the wait, and the output so far is shown.
 */
enum { LIMIT_MS = 5000, BYTES_MOST = 2 * 1024 * 1024, LINE_MOST = 2000, WORD_MOST = 80 };

static void print_line(const char *line, size_t length)
{
    char text[LINE_MOST];

    pyw_log_escape(text, sizeof(text), line, length);
    puts(text);
}

static void print_lines(const pyw_buffer *bytes)
{
    const char *line = bytes->data;
    size_t left = bytes->length;

    while (left > 0) {
        const char *end = memchr(line, '\n', left);
        size_t length = end != NULL ? (size_t)(end - line) : left;

        print_line(line, length);
        length += end != NULL;
        line += length;
        left -= length;
    }
}

static void read_all(int fd, pyw_buffer *bytes)
{
    char piece[4096];
    int64_t deadline = pyw_wait_deadline(LIMIT_MS);
    ssize_t got;

    while (bytes->length < BYTES_MOST && pyw_wait(fd, POLLIN, deadline) == PYW_OK) {
        got = read(fd, piece, sizeof(piece));
        if (got <= 0) {
            return;
        }
        pyw_buffer_append(bytes, piece, (size_t)got);
    }
}

/* 0: the worker sent nothing. Its bytes are not trusted: control characters are escaped, and the size is limited. */
static int copy_stacks(int fd)
{
    pyw_buffer bytes = {0};
    int any;

    read_all(fd, &bytes);
    close(fd);
    any = !bytes.failed && bytes.length > 0;
    if (any) {
        print_lines(&bytes);
    }
    pyw_buffer_free(&bytes);
    return any;
}

/* The manager passes one end of a pipe, and the worker writes to the other end. */
static void take_row(void *context, const pyw_pairs *row, pyw_channel *channel)
{
    apr_pool_t *pool = context;
    int fd = pyw_channel_take_fd(channel);

    printf("worker %s (%s)\n", pyw_status_shown(pool, row, "pid", WORD_MOST),
           pyw_status_shown(pool, row, "state", WORD_MOST));
    if (fd < 0 || !copy_stacks(fd)) {
        puts("  does not answer: it is starting or exiting");
    }
    putchar('\n');
}

static int run(const pyw_call *call)
{
    pyw_question question = pyw_question_of(call);
    const char *sentence = "";
    int status;

    question.take_row = take_row;
    question.context = call->pool;
    status = pyw_ask(&question, &sentence);
    if (status != 0) {
        pyw_call_fail(sentence);
    }
    else {
        puts(sentence);
    }
    return status;
}

static const pyw_verb_option options[] = {PYW_VERB_DIRECTORY, {NULL, NULL, NULL}};

const pyw_verb pyw_verb_stacks = {
    "stacks", "GROUP", "Show the Python stacks of all threads of all workers", NULL, options, run,
};
