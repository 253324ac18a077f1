/* SPDX-License-Identifier: Apache-2.0 */
#include "command/profile/worker_output.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* A worker writes less: its stacks are limited to PYW_FOLDED_BYTES_MAX. */
enum { BYTES_MOST = 8 * 1024 * 1024, ESCAPED = 4 };

static const char end_mark[] = "#end ", error_mark[] = "#error ";

static int fail_output(pyw_worker_output *output, const char *problem, size_t length)
{
    pyw_log_escape(output->problem, sizeof(output->problem), problem, length);
    return 0;
}

static int begins(const char *line, size_t length, const char *mark)
{
    return length >= strlen(mark) && memcmp(line, mark, strlen(mark)) == 0;
}

static int take_stack(pyw_worker_output *output, const char *line, size_t length)
{
    size_t stack_length, escaped_length;
    uint64_t count;
    char *escaped;

    if (!pyw_folded_parse(line, length, &stack_length, &count)) {
        return fail_output(output, "its profile is malformed", 24);
    }
    escaped = malloc(ESCAPED * stack_length + 1);
    if (escaped == NULL) {
        return fail_output(output, "out of memory", 13);
    }
    escaped_length = pyw_log_escape(escaped, ESCAPED * stack_length + 1, line, stack_length);
    pyw_folded_add(output->stacks, escaped, escaped_length, count);
    free(escaped);
    return 1;
}

static int take_line(pyw_worker_output *output, const char *line, size_t length)
{
    size_t ignored;

    if (begins(line, length, end_mark)) {
        /* "#end 0": no sample was due. */
        output->is_complete = 1;
        pyw_folded_parse(line, length, &ignored, &output->ticks);
        return 0;
    }
    if (begins(line, length, error_mark)) {
        return fail_output(output, line + strlen(error_mark), length - strlen(error_mark));
    }
    return take_stack(output, line, length);
}

int pyw_worker_output_take(pyw_worker_output *output, const char *bytes, size_t length)
{
    const char *newline;

    output->received += length;
    if (output->received > BYTES_MOST) {
        return fail_output(output, "its profile is too large", 24);
    }
    while ((newline = memchr(bytes, '\n', length)) != NULL) {
        size_t part = (size_t)(newline - bytes);
        int goes_on;

        pyw_buffer_append(&output->line, bytes, part);
        goes_on = !output->line.failed && take_line(output, output->line.data, output->line.length);
        output->line.length = 0;
        if (!goes_on) {
            return 0;
        }
        bytes += part + 1;
        length -= part + 1;
    }
    pyw_buffer_append(&output->line, bytes, length);
    return 1;
}

static void end(pyw_worker_output *output)
{
    close(output->fd);
    output->fd = -1;
    pyw_buffer_free(&output->line);
}

static void read_some(pyw_worker_output *output)
{
    char bytes[16 * 1024];
    ssize_t got = read(output->fd, bytes, sizeof(bytes));

    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    if (got <= 0 || !pyw_worker_output_take(output, bytes, (size_t)got)) {
        end(output);
    }
}

/* Returns the number of pipes that are open. */
static int collect(const pyw_worker_output *outputs, int count, struct pollfd *fds)
{
    int open = 0;

    for (int i = 0; i < count; i++) {
        fds[i].fd = outputs[i].fd;
        fds[i].events = POLLIN;
        fds[i].revents = 0;
        open += outputs[i].fd >= 0;
    }
    return open;
}

void pyw_worker_output_read(pyw_worker_output *outputs, int count, int64_t deadline)
{
    struct pollfd *fds = calloc((size_t)count + 1, sizeof(*fds));
    int64_t left = deadline - pyw_clock_ms();

    while (fds != NULL && left > 0 && collect(outputs, count, fds) > 0) {
        if (poll(fds, (nfds_t)count, (int)left) < 0 && errno != EINTR) {
            break;
        }
        for (int i = 0; i < count; i++) {
            if (fds[i].revents != 0) {
                read_some(&outputs[i]);
            }
        }
        left = deadline - pyw_clock_ms();
    }
    for (int i = 0; i < count; i++) {
        if (outputs[i].fd >= 0) {
            end(&outputs[i]);
        }
    }
    free(fds);
}
