/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/stack_text.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/wait.h"

enum { LINE_MOST = 2000 };

void pyw_stack_text_read(int fd, int64_t deadline, size_t most, pyw_buffer *out)
{
    char piece[4096];
    ssize_t got;

    while (out->length < most && !out->failed && pyw_wait(fd, POLLIN, deadline) == PYW_OK) {
        got = read(fd, piece, sizeof(piece));
        if (got <= 0) {
            return;
        }
        pyw_buffer_append(out, piece, (size_t)got);
    }
}

/* "Thread 0x00007f3a... (most recent call first):" */
int pyw_stack_text_is_heading_of(const char *line, size_t length, const char *thread)
{
    static const char *const leads[] = {"Thread 0x", "Current thread 0x"};

    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        size_t lead = strlen(leads[i]), digits = strlen(thread);

        if (digits > 0 && length > lead + digits && memcmp(line, leads[i], lead) == 0 &&
            memcmp(line + lead, thread, digits) == 0) {
            return 1;
        }
    }
    return 0;
}

/* `  File "/srv/app.py", line 12 in view`, or `  ...` after the last call that is shown. */
static int is_call(const char *line, size_t length)
{
    return length > 2 && memcmp(line, "  ", 2) == 0 && line[2] != '<';
}

/* 0: the line does not fit. */
static int append_line(pyw_buffer *out, const char *line, size_t length, size_t most)
{
    char text[LINE_MOST];
    size_t escaped = pyw_log_escape(text, sizeof(text), line, length);

    if (out->length + escaped + 1 > most) {
        return 0;
    }
    pyw_buffer_append(out, text, escaped);
    pyw_buffer_append(out, "\n", 1);
    return 1;
}

/* A thread has a stack in each interpreter that it has been in. */
void pyw_stack_text_of_thread(pyw_buffer *out, const pyw_buffer *text, const char *thread, size_t most)
{
    const char *line = text->data, *end = text->length > 0 ? text->data + text->length : line;
    int is_inside = 0;

    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline != NULL ? newline : end) - line);

        if (!is_call(line, length)) {
            is_inside = pyw_stack_text_is_heading_of(line, length, thread);
        }
        else if (is_inside && !append_line(out, line, length, most)) {
            return;
        }
        line += length + 1;
    }
}
