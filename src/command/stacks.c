/* SPDX-License-Identifier: Apache-2.0 */
#include "command/stacks.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "wire/wait.h"

/*
 * If the application forks a process while the worker writes, that process holds the pipe open. Then the time limit
 * ends the wait, and the output so far is shown.
 */
enum { LIMIT_MS = 5000, BYTES_MOST = 2 * 1024 * 1024, LINE_MOST = 2000 };

static void print_line(FILE *out, const char *line, size_t length)
{
    char text[LINE_MOST];

    pyw_log_escape(text, sizeof(text), line, length);
    fprintf(out, "%s\n", text);
}

static void print_lines(FILE *out, const pyw_buffer *bytes)
{
    const char *line = bytes->data;
    size_t left = bytes->length;

    while (left > 0) {
        const char *end = memchr(line, '\n', left);
        size_t length = end != NULL ? (size_t)(end - line) : left;

        print_line(out, line, length);
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

int pyw_command_copy_stacks(int fd, FILE *out)
{
    pyw_buffer bytes = {0};
    int any;

    read_all(fd, &bytes);
    close(fd);
    any = !bytes.failed && bytes.length > 0;
    if (any) {
        print_lines(out, &bytes);
    }
    pyw_buffer_free(&bytes);
    return any;
}
