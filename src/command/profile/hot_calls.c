/* SPDX-License-Identifier: Apache-2.0 */
#include "command/profile/hot_calls.h"

#include <stdlib.h>
#include <string.h>

enum { CALLS_BYTES_MOST = 64 * 1024 * 1024 };

typedef struct hot_calls {
    pyw_folded_stacks *own;   /* a "stack" is a single call here */
    pyw_folded_stacks *total; /* with the calls that it made */
    uint64_t samples;
} hot_calls;

/* The length without a mark such as ";[GIL held]", which is no call. */
static size_t calls_length(const pyw_folded_stack *stack)
{
    static const char mark[] = ";" PYW_FOLDED_GIL_HELD;
    size_t length = sizeof(mark) - 1;

    if (stack->length > length && memcmp(stack->text + stack->length - length, mark, length) == 0) {
        return stack->length - length;
    }
    return stack->length;
}

static size_t call_end(const char *text, size_t at, size_t length)
{
    const char *end = memchr(text + at, ';', length - at);

    return end != NULL ? (size_t)(end - text) : length;
}

/* A function that calls itself counts once. */
static int occurs_before(const char *text, size_t at, size_t length)
{
    for (size_t other = 0; other < at;) {
        size_t end = call_end(text, other, at);

        if (end - other == length && memcmp(text + other, text + at, length) == 0) {
            return 1;
        }
        other = end + 1;
    }
    return 0;
}

static void add_stack(hot_calls *self, const pyw_folded_stack *stack)
{
    size_t length = calls_length(stack);

    self->samples += stack->count;
    for (size_t at = 0; at < length;) {
        size_t end = call_end(stack->text, at, length);

        if (!occurs_before(stack->text, at, end - at)) {
            pyw_folded_add(self->total, stack->text + at, end - at, stack->count);
        }
        if (end == length) {
            pyw_folded_add(self->own, stack->text + at, end - at, stack->count);
        }
        at = end + 1;
    }
}

static int compare(const void *one, const void *other)
{
    const pyw_folded_stack *left = *(const pyw_folded_stack *const *)one;
    const pyw_folded_stack *right = *(const pyw_folded_stack *const *)other;

    return left->count < right->count ? 1 : -(left->count > right->count);
}

static double percent(const hot_calls *self, uint64_t samples)
{
    return 100.0 * (double)samples / (double)self->samples;
}

static int print_calls(FILE *out, const hot_calls *self, size_t most)
{
    size_t count;
    const pyw_folded_stack **calls = pyw_folded_sorted(self->own, &count);

    if (calls == NULL) {
        return 0;
    }
    qsort(calls, count, sizeof(*calls), compare);
    fputs("   SELF   TOTAL  CALL\n", out);
    for (size_t i = 0; i < count && i < most; i++) {
        uint64_t total = pyw_folded_count(self->total, calls[i]->text, calls[i]->length);

        fprintf(out, "%6.1f%% %6.1f%%  %.*s\n", percent(self, calls[i]->count), percent(self, total),
                (int)calls[i]->length, calls[i]->text);
    }
    free(calls);
    return 1;
}

int pyw_hot_calls_print(FILE *out, const pyw_folded_stack *const *stacks, size_t count, size_t most)
{
    hot_calls self = {pyw_folded_create(CALLS_BYTES_MOST), pyw_folded_create(CALLS_BYTES_MOST), 0};
    int is_done = 0;

    if (self.own != NULL && self.total != NULL) {
        for (size_t i = 0; i < count; i++) {
            add_stack(&self, stacks[i]);
        }
        is_done = self.samples == 0 || print_calls(out, &self, most);
    }
    pyw_folded_free(self.own);
    pyw_folded_free(self.total);
    return is_done;
}
