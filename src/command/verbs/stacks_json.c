/* SPDX-License-Identifier: Apache-2.0 */
#include "command/verbs/stacks_json.h"

#include <apr_tables.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command/json_text.h"
#include "command/status/rows.h"

struct pyw_stacks_json {
    apr_pool_t *pool;
    apr_array_header_t *requests; /* pyw_pairs: of the next worker */
    int workers;
    int threads; /* of the current worker */
    int lines;   /* of the current thread */
};

pyw_stacks_json *pyw_stacks_json_create(apr_pool_t *pool)
{
    pyw_stacks_json *self = apr_pcalloc(pool, sizeof(*self));

    self->pool = pool;
    self->requests = apr_array_make(pool, 8, sizeof(pyw_pairs));
    return self;
}

void pyw_stacks_json_request(pyw_stacks_json *self, const pyw_pairs *row)
{
    pyw_status_take_row(self->requests, row, NULL);
}

static void print_text(const pyw_stacks_json *self, const pyw_pairs *row, const char *name)
{
    const char *text = pyw_status_text(self->pool, row, name);

    pyw_json_print_text(text, strlen(text));
}

static void print_requests(const pyw_stacks_json *self)
{
    for (int i = 0; i < self->requests->nelts; i++) {
        const pyw_pairs *row = &APR_ARRAY_IDX(self->requests, i, pyw_pairs);

        fputs(i > 0 ? ",\n    {\"thread\": " : "\n    {\"thread\": ", stdout);
        print_text(self, row, "thread");
        fputs(", \"request\": ", stdout);
        print_text(self, row, "request");
        fputs(", \"client\": ", stdout);
        print_text(self, row, "client");
        fputs(", \"id\": ", stdout);
        print_text(self, row, "id");
        printf(", \"age_ms\": %llu}", (unsigned long long)pyw_status_number(row, "age-ms"));
    }
}

/* The digits after "Thread 0x" or "Current thread 0x"; 0: the line does not begin the stack of a thread. */
static size_t thread_digits(const char *line, size_t length, size_t *at)
{
    static const char head[] = "hread 0x";
    size_t digits = 0;

    *at = length > 8 && memcmp(line, "Current ", 8) == 0 ? 9 : 1;
    if (length < *at + sizeof(head) || memcmp(line + *at, head, sizeof(head) - 1) != 0) {
        return 0;
    }
    *at += sizeof(head) - 1;
    while (*at + digits < length && isxdigit((unsigned char)line[*at + digits])) {
        digits++;
    }
    return digits;
}

static void begin_thread(pyw_stacks_json *self, const char *digits, size_t length)
{
    fputs(self->threads++ > 0 ? "]},\n    {\"thread\": " : "\n    {\"thread\": ", stdout);
    pyw_json_print_text(digits, length);
    fputs(", \"stack\": [", stdout);
    self->lines = 0;
}

static void print_line(pyw_stacks_json *self, const char *line, size_t length)
{
    size_t at, digits = thread_digits(line, length, &at);

    if (digits > 0) {
        begin_thread(self, line + at, digits);
        return;
    }
    for (; length > 0 && *line == ' '; line++) {
        length--;
    }
    if (length > 0 && self->threads == 0) {
        begin_thread(self, "", 0);
    }
    if (length > 0) {
        fputs(self->lines++ > 0 ? ", " : "", stdout);
        pyw_json_print_text(line, length);
    }
}

static void print_threads(pyw_stacks_json *self, const char *text, size_t length)
{
    self->threads = 0;
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t step = end != NULL ? (size_t)(end - text) : length;

        print_line(self, text, step);
        step += end != NULL;
        text += step;
        length -= step;
    }
    fputs(self->threads > 0 ? "]}" : "", stdout);
}

/* Before the first worker, and between two. */
static void print_separator(pyw_stacks_json *self)
{
    fputs(self->workers++ > 0 ? ",\n  " : "{\"workers\": [\n  ", stdout);
}

void pyw_stacks_json_worker(pyw_stacks_json *self, const pyw_pairs *row, const char *text, size_t length)
{
    print_separator(self);
    printf("{\"pid\": %llu, \"state\": ", (unsigned long long)pyw_status_number(row, "pid"));
    print_text(self, row, "state");
    printf(", \"answers\": %s,\n   \"requests\": [", length > 0 ? "true" : "false");
    print_requests(self);
    fputs("],\n   \"threads\": [", stdout);
    print_threads(self, text, length);
    fputs("]}", stdout);
    apr_array_clear(self->requests);
}

void pyw_stacks_json_end(pyw_stacks_json *self)
{
    puts(self->workers > 0 ? "\n]}" : "{\"workers\": []}");
}
