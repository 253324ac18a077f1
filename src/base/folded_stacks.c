/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folded_stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 4096,
    STACKS_MOST = 50 * 1000,
    NAME_MOST = 160,
    FILE_MOST = 120,
    DIGITS_MOST = 12 /* the sum of all counts of a profile fits 64 bits */
};

#define OTHER "[other]"

struct pyw_folded_stacks {
    pyw_folded_stack *buckets[BUCKETS];
    pyw_folded_stack *other;
    size_t count;
    size_t bytes;
    size_t bytes_most;
};

/* FNV-1a */
static size_t bucket_of(const char *text, size_t length)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    }
    return hash % BUCKETS;
}

/* Returns the link to the stack, or to the end of its bucket. */
static pyw_folded_stack **find(pyw_folded_stacks *stacks, const char *text, size_t length)
{
    pyw_folded_stack **link = &stacks->buckets[bucket_of(text, length)];

    while (*link != NULL && ((*link)->length != length || memcmp((*link)->text, text, length) != 0)) {
        link = &(*link)->next;
    }
    return link;
}

/* NULL: out of memory, or over a limit. */
static pyw_folded_stack *create_stack(pyw_folded_stacks *stacks, const char *text, size_t length)
{
    pyw_folded_stack *stack;

    if (stacks->count >= STACKS_MOST || length > stacks->bytes_most - stacks->bytes) {
        return NULL;
    }
    stack = calloc(1, sizeof(*stack) + length);
    if (stack != NULL) {
        stack->length = length;
        memcpy(stack->text, text, length);
        stacks->count++;
        stacks->bytes += length;
    }
    return stack;
}

pyw_folded_stacks *pyw_folded_create(size_t bytes_most)
{
    pyw_folded_stacks *stacks = calloc(1, sizeof(*stacks));
    size_t length = strlen(OTHER);

    if (stacks == NULL) {
        return NULL;
    }
    stacks->bytes_most = bytes_most + length;
    stacks->other = create_stack(stacks, OTHER, length);
    if (stacks->other == NULL) {
        free(stacks);
        return NULL;
    }
    *find(stacks, OTHER, length) = stacks->other;
    return stacks;
}

void pyw_folded_free(pyw_folded_stacks *stacks)
{
    if (stacks == NULL) {
        return;
    }
    for (int i = 0; i < BUCKETS; i++) {
        while (stacks->buckets[i] != NULL) {
            pyw_folded_stack *stack = stacks->buckets[i];

            stacks->buckets[i] = stack->next;
            free(stack);
        }
    }
    free(stacks);
}

void pyw_folded_add(pyw_folded_stacks *stacks, const char *text, size_t length, uint64_t count)
{
    pyw_folded_stack **link = find(stacks, text, length);

    if (*link == NULL) {
        *link = create_stack(stacks, text, length);
    }
    (*link != NULL ? *link : stacks->other)->count += count;
}

uint64_t pyw_folded_count(pyw_folded_stacks *stacks, const char *text, size_t length)
{
    const pyw_folded_stack *stack = *find(stacks, text, length);

    return stack != NULL ? stack->count : 0;
}

/* The end of a call sorts before every other byte: "a;z" before "a b". */
static int rank(const pyw_folded_stack *stack, size_t at)
{
    if (at >= stack->length) {
        return 0;
    }
    return stack->text[at] == ';' ? 1 : (unsigned char)stack->text[at] + 2;
}

static int compare_stacks(const void *one, const void *other)
{
    const pyw_folded_stack *left = *(const pyw_folded_stack *const *)one;
    const pyw_folded_stack *right = *(const pyw_folded_stack *const *)other;
    size_t at = 0;

    while (rank(left, at) == rank(right, at) && at < left->length) {
        at++;
    }
    return rank(left, at) - rank(right, at);
}

const pyw_folded_stack **pyw_folded_sorted(const pyw_folded_stacks *stacks, size_t *count)
{
    const pyw_folded_stack **sorted = calloc(stacks->count, sizeof(*sorted));

    *count = 0;
    if (sorted == NULL) {
        return NULL;
    }
    for (int i = 0; i < BUCKETS; i++) {
        for (const pyw_folded_stack *stack = stacks->buckets[i]; stack != NULL; stack = stack->next) {
            if (stack->count > 0) {
                sorted[(*count)++] = stack;
            }
        }
    }
    qsort(sorted, *count, sizeof(*sorted), compare_stacks);
    return sorted;
}

static void append_clean(pyw_buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];

        if (byte == ';') {
            byte = ':';
        }
        else if ((unsigned char)byte < ' ' || byte == 0x7f) {
            byte = '?';
        }
        pyw_buffer_append(out, &byte, 1);
    }
}

/* The names of a file and of its directory distinguish most files. Returns their length. */
static size_t short_length(const char *file, size_t length)
{
    size_t at = length;
    int slashes = 0;

    while (at > 0 && slashes < 2) {
        slashes += file[--at] == '/';
    }
    return slashes < 2 ? length : length - at - 1;
}

void pyw_folded_append_call(pyw_buffer *out, const char *name, size_t name_length, const char *file, size_t file_length,
                            int line)
{
    size_t shown = short_length(file, file_length);
    char number[24];

    file += file_length - shown;
    append_clean(out, name, name_length < NAME_MOST ? name_length : NAME_MOST);
    pyw_buffer_append(out, " (", 2);
    append_clean(out, file, shown < FILE_MOST ? shown : FILE_MOST);
    snprintf(number, sizeof(number), ":%d)", line);
    pyw_buffer_append(out, number, strlen(number));
}

int pyw_folded_parse(const char *line, size_t length, size_t *stack_length, uint64_t *count)
{
    size_t digits = 0;

    *count = 0;
    while (digits < length && line[length - digits - 1] >= '0' && line[length - digits - 1] <= '9') {
        digits++;
    }
    if (digits == 0 || digits > DIGITS_MOST || digits + 2 > length || line[length - digits - 1] != ' ') {
        return 0;
    }
    *stack_length = length - digits - 1;
    for (size_t i = length - digits; i < length; i++) {
        *count = *count * 10 + (uint64_t)(line[i] - '0');
    }
    return *count > 0 && *stack_length <= PYW_FOLDED_STACK_MAX;
}
