/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the profile that a worker writes, and for the flame graph and the table that are drawn from it.
 * The first byte chooses where the output is split in two. No byte of a worker may control a terminal, or end a text
 * of the drawing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "checks.h"
#include "command/profile/flame_graph.h"
#include "command/profile/hot_calls.h"
#include "command/profile/worker_output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every "<" begins one of our elements. */
static void check_drawing(const char *text)
{
    static const char *const ours[] = {"<?xml",  "<svg ",  "</svg>",  "<title>", "</title>",
                                       "<rect ", "<text ", "</text>", "<g>",     "</g>"};

    while ((text = strchr(text, '<')) != NULL) {
        int is_ours = 0;

        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
            is_ours |= strncmp(text, ours[i], strlen(ours[i])) == 0;
        }
        pyw_must(is_ours);
        text++;
    }
}

static void draw(const pyw_folded_stack *const *stacks, size_t count)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    pyw_must(out != NULL);
    pyw_flame_graph_write(out, "title", stacks, count);
    fclose(out);
    pyw_must_be_escaped(text);
    check_drawing(text);
    free(text);
}

static void print_table(const pyw_folded_stack *const *stacks, size_t count)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    pyw_must(out != NULL && pyw_hot_calls_print(out, stacks, count, 15));
    fclose(out);
    pyw_must_be_escaped(text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pyw_worker_output output = {.fd = -1, .stacks = pyw_folded_create(4096)};
    size_t first = size > 0 ? data[0] % size : 0, count = 0;
    const pyw_folded_stack **sorted;

    pyw_must(output.stacks != NULL);
    if (size > 0 && pyw_worker_output_take(&output, (const char *)data + 1, first)) {
        pyw_worker_output_take(&output, (const char *)data + 1 + first, size - 1 - first);
    }
    pyw_must_be_escaped(output.problem);
    sorted = pyw_folded_sorted(output.stacks, &count);
    pyw_must(sorted != NULL);
    draw(sorted, count);
    print_table(sorted, count);
    free(sorted);
    pyw_buffer_free(&output.line);
    pyw_folded_free(output.stacks);
    return 0;
}
