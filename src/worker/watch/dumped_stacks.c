/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "worker/watch/dumped_stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folded_stacks.h"

enum { BYTES_MOST = 512 * 1024, CALLS_MOST = PYW_FOLDED_FRAMES_MAX };

typedef struct call {
    const char *file, *name;
    size_t file_length, name_length;
    int line;
} call;

/* `  File "/srv/app.py", line 12 in view`. 0: it is another line. */
static int parse_call(call *found, const char *line, size_t length)
{
    static const char begin[] = "  File \"", middle[] = "\", line ", in[] = " in ";
    const char *file = line + sizeof(begin) - 1, *end = line + length, *number, *name;

    if (length < sizeof(begin) || memcmp(line, begin, sizeof(begin) - 1) != 0) {
        return 0;
    }
    number = memmem(file, (size_t)(end - file), middle, sizeof(middle) - 1);
    name = number != NULL ? memmem(number, (size_t)(end - number), in, sizeof(in) - 1) : NULL;
    if (name == NULL) {
        return 0;
    }
    found->file = file;
    found->file_length = (size_t)(number - file);
    found->line = (int)strtol(number + sizeof(middle) - 1, NULL, 10);
    found->name = name + sizeof(in) - 1;
    found->name_length = (size_t)(end - found->name);
    return 1;
}

/* `calls`: the innermost first. */
static void visit_stack(const call *calls, int count, void (*visit)(void *baton, const char *stack, size_t length),
                        void *baton)
{
    pyw_buffer stack = {0};

    while (count > 0) {
        const call *next = &calls[--count];

        pyw_folded_append_call(&stack, next->name, next->name_length, next->file, next->file_length, next->line);
        pyw_buffer_append(&stack, ";", count > 0);
    }
    if (stack.length > 0 && !stack.failed) {
        visit(baton, stack.data, stack.length);
    }
    pyw_buffer_free(&stack);
}

/* The calls of a thread follow each other; every other line separates threads. */
static void read_stacks(const char *text, size_t length, void (*visit)(void *baton, const char *stack, size_t length),
                        void *baton)
{
    const char *end = text + length;
    call *calls = calloc(CALLS_MOST, sizeof(*calls));
    int count = 0;

    while (calls != NULL && text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline != NULL ? newline : end;
        call next;

        if (!parse_call(&next, text, (size_t)(line_end - text))) {
            visit_stack(calls, count, visit, baton);
            count = 0;
        }
        else if (count < CALLS_MOST) {
            calls[count++] = next;
        }
        text = newline != NULL ? newline + 1 : end;
    }
    if (calls != NULL) {
        visit_stack(calls, count, visit, baton);
    }
    free(calls);
}

void pyw_dumped_stacks_read(int fd, void (*visit)(void *baton, const char *stack, size_t length), void *baton)
{
    char *text = malloc(BYTES_MOST);
    ssize_t length = text != NULL ? pread(fd, text, BYTES_MOST, 0) : 0;

    if (length > 0) {
        read_stacks(text, (size_t)length, visit, baton);
    }
    free(text);
}
