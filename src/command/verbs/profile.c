/* SPDX-License-Identifier: Apache-2.0 */
#include <apr_strings.h>
#include <apr_tables.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/ask.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/profile/flame_graph.h"
#include "command/profile/hot_calls.h"
#include "command/profile/worker_output.h"
#include "command/status/rows.h"

enum {
    MARGIN_MS = 10 * 1000, /* for the workers to write their results */
    HOT_MOST = 15,         /* calls of the table */
    BYTES_MOST = 64 * 1024 * 1024,
    WORD_MOST = 80
};

typedef struct profile {
    const pyw_call *call;
    long seconds;
    long rate;
    FILE *drawing; /* NULL: not wanted */
    FILE *folded;  /* NULL: not wanted */
    pyw_folded_stacks *stacks;
    apr_array_header_t *outputs; /* pyw_worker_output */
    const pyw_folded_stack **sorted;
    size_t count;
    uint64_t samples;
    uint64_t held; /* samples during which another thread held the GIL */
    int complete;  /* workers */
} profile;

static void take_sample(void *context, const pyw_pairs *row, pyw_channel *channel)
{
    profile *self = context;
    int fd = pyw_channel_take_fd(channel);

    if (fd >= 0) {
        pyw_worker_output *output = apr_array_push(self->outputs);

        memset(output, 0, sizeof(*output));
        output->fd = fd;
        output->pid = pyw_status_shown(self->call->pool, row, "pid", WORD_MOST);
        output->stacks = self->stacks;
    }
}

/* Before the profile, so that a wrong name costs no time. NULL: the option was not given, or *is_failed. */
static FILE *open_file(const pyw_call *call, const char *option, int *is_failed)
{
    const char *name = pyw_call_option(call, option);
    FILE *file = NULL;

    if (name != NULL && strcmp(name, "-") == 0) {
        return stdout;
    }
    if (name != NULL && (file = fopen(name, "we")) == NULL) {
        *is_failed = 1;
        pyw_call_fail(apr_psprintf(call->pool, "%s: %s", name, strerror(errno)));
    }
    return file;
}

/* 0: the file is not complete, and an error was printed. */
static int close_file(const pyw_call *call, const char *option, FILE *file)
{
    if (file == NULL || (fflush(file) == 0 && !ferror(file) && (file == stdout || fclose(file) == 0))) {
        return 1;
    }
    pyw_call_fail(apr_psprintf(call->pool, "%s: %s", pyw_call_option(call, option), strerror(errno)));
    return 0;
}

/* Returns the exit status. A failure was printed. */
static int ask(profile *self)
{
    pyw_question question = pyw_question_of(self->call);
    const char *sentence = "";
    int status;

    apr_table_setn(question.words, "seconds", apr_psprintf(self->call->pool, "%ld", self->seconds));
    apr_table_setn(question.words, "rate", apr_psprintf(self->call->pool, "%ld", self->rate));
    question.take_row = take_sample;
    question.context = self;
    status = pyw_ask(&question, &sentence);
    if (status != PYW_COMMAND_DONE) {
        pyw_call_fail(sentence);
    }
    return status;
}

static void report_worker(profile *self, const pyw_worker_output *output)
{
    self->complete += output->is_complete;
    if (!output->is_complete) {
        pyw_call_fail(apr_psprintf(self->call->pool, "worker %s: %s", output->pid,
                                   output->problem[0] != '\0'
                                       ? output->problem
                                       : "it ended, or did not answer, before its profile was complete"));
    }
}

static void read_workers(profile *self)
{
    pyw_worker_output *outputs = (pyw_worker_output *)self->outputs->elts;

    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "profiling %d workers for %ld s ...\n", self->outputs->nelts, self->seconds);
    }
    pyw_worker_output_read(outputs, self->outputs->nelts, pyw_clock_ms() + self->seconds * 1000 + MARGIN_MS);
    for (int i = 0; i < self->outputs->nelts; i++) {
        report_worker(self, &outputs[i]);
    }
    self->sorted = pyw_folded_sorted(self->stacks, &self->count);
}

static void count_samples(profile *self)
{
    static const char mark[] = ";" PYW_FOLDED_GIL_HELD;

    for (size_t i = 0; i < self->count; i++) {
        const pyw_folded_stack *stack = self->sorted[i];

        self->samples += stack->count;
        if (stack->length >= strlen(mark) &&
            memcmp(stack->text + stack->length - strlen(mark), mark, strlen(mark)) == 0) {
            self->held += stack->count;
        }
    }
}

static void write_folded(const profile *self)
{
    for (size_t i = 0; i < self->count; i++) {
        fwrite(self->sorted[i]->text, 1, self->sorted[i]->length, self->folded);
        fprintf(self->folded, " %llu\n", (unsigned long long)self->sorted[i]->count);
    }
}

static const char *title(const profile *self)
{
    return apr_psprintf(self->call->pool, "group '%s': %d %s, %ld s, %" APR_UINT64_T_FMT " samples",
                        self->call->operand, self->complete, self->complete == 1 ? "worker" : "workers", self->seconds,
                        self->samples);
}

/* On the standard error output if the standard output is a file of the profile. 0: out of memory. */
static int print_summary(const profile *self)
{
    FILE *out = self->folded == stdout || self->drawing == stdout ? stderr : stdout;

    fprintf(out, "%s%s\n", title(self), self->samples == 0 ? ": no thread executed Python code" : "");
    if (self->held > 0) {
        fprintf(out, "%.1f%% of them while a thread held the GIL for long\n",
                100.0 * (double)self->held / (double)self->samples);
    }
    return self->drawing != NULL || self->folded != NULL || self->samples == 0 ||
           pyw_hot_calls_print(out, self->sorted, self->count, HOT_MOST);
}

/* Returns the exit status. */
static int write_results(profile *self)
{
    int is_written = 1;

    if (self->sorted == NULL || !print_summary(self)) {
        return pyw_call_fail("out of memory");
    }
    if (self->folded != NULL) {
        write_folded(self);
        is_written &= close_file(self->call, "folded", self->folded);
    }
    if (self->drawing != NULL) {
        pyw_flame_graph_write(self->drawing, title(self), self->sorted, self->count);
        is_written &= close_file(self->call, "output", self->drawing);
    }
    return is_written && self->complete > 0 ? PYW_COMMAND_DONE : PYW_COMMAND_REFUSED;
}

static int run_profile(profile *self)
{
    int status = ask(self);

    if (status != PYW_COMMAND_DONE) {
        return status;
    }
    if (self->outputs->nelts == 0) {
        return pyw_call_fail(apr_psprintf(self->call->pool, "group '%s' has no workers now", self->call->operand));
    }
    read_workers(self);
    count_samples(self);
    return write_results(self);
}

static int run_profile_verb(const pyw_call *call)
{
    profile self = {.call = call, .seconds = 10, .rate = 100};
    int is_failed = 0, status;

    if (!pyw_call_number(call, "seconds", 1, PYW_PROFILE_SECONDS_MOST, &self.seconds) ||
        !pyw_call_number(call, "hz", 1, PYW_PROFILE_RATE_MOST, &self.rate)) {
        return PYW_COMMAND_USAGE;
    }
    self.folded = open_file(call, "folded", &is_failed);
    self.drawing = is_failed ? NULL : open_file(call, "output", &is_failed);
    self.stacks = pyw_folded_create(BYTES_MOST);
    self.outputs = apr_array_make(call->pool, 16, sizeof(pyw_worker_output));
    if (is_failed || self.stacks == NULL) {
        return PYW_COMMAND_REFUSED;
    }
    status = run_profile(&self);
    free(self.sorted);
    pyw_folded_free(self.stacks);
    return status;
}

static const pyw_verb_option options[] = {
    {"seconds", "N", "how long to sample, at most 600; 10 by default"},
    {"hz", "N", "samples per second, at most 1000; 100 by default"},
    {"output", "FILE", "write a flame graph (SVG)"},
    {"folded", "FILE", "write the stacks as text, a line for each: \"f;g;h 12\"; - is the standard output"},
    PYW_VERB_DIRECTORY,
    {NULL, NULL, NULL},
};

const pyw_verb pyw_verb_profile = {
    "profile",
    "GROUP",
    "Show where the threads of a group spend their time",
    "All workers of the group are sampled while they serve. Without --output and --folded\n"
    "the calls with most samples are printed.\n",
    options,
    run_profile_verb,
};
