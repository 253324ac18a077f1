/* SPDX-License-Identifier: Apache-2.0 */
#include "command/profile/flame_graph.h"

#include <string.h>

/* Pixels. */
enum { WIDTH = 1200, MARGIN = 10, TOP = 40, ROW = 17, TEXT_DOWN = 13, CHARACTER = 7 };

enum {
    DEPTH_MOST = 256,       /* also limits the recursion */
    BOXES_MOST = 50 * 1000, /* limits the size of the file */
    SHORTEST = 3            /* characters; a shorter text is not drawn */
};

#define NARROWEST 0.2

typedef struct drawing {
    FILE *out;
    const pyw_folded_stack *const *stacks;
    uint64_t total;
    int height;
    int boxes;
} drawing;

/* U+FFFE and U+FFFF are UTF-8, but no characters of XML. */
static int is_no_xml(const char *text, size_t left)
{
    return left >= 3 && (memcmp(text, "\xef\xbf\xbe", 3) == 0 || memcmp(text, "\xef\xbf\xbf", 3) == 0);
}

static void write_text(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            if (is_no_xml(text + i, length - i)) {
                fputc('?', out);
                i += 2;
            }
            else {
                fputc(text[i], out);
            }
        }
    }
}

/* The number of bytes of the first `characters`. */
static size_t bytes_of(const char *text, size_t length, size_t characters)
{
    size_t at = 0;

    for (; at < length; at++) {
        if (((unsigned char)text[at] & 0xc0) != 0x80 && characters-- == 0) {
            break;
        }
    }
    return at;
}

static void write_label(drawing *self, const char *name, size_t length, double x, int y, double width)
{
    size_t fit = width > CHARACTER ? (size_t)((width - CHARACTER) / CHARACTER) : 0;
    size_t shown = bytes_of(name, length, fit);

    if (fit < SHORTEST) {
        return;
    }
    if (shown < length) {
        shown = bytes_of(name, length, fit - 2);
    }
    fprintf(self->out, "<text x=\"%.1f\" y=\"%d\">", x + 3, y + TEXT_DOWN);
    write_text(self->out, name, shown);
    fputs(shown < length ? "..</text>" : "</text>", self->out);
}

/* The same call has the same colour in every graph. Marks such as [GIL held] are blue. */
static void write_colour(FILE *out, const char *name, size_t length)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    }
    if (length > 0 && name[0] == '[') {
        fputs("#9db4d4", out);
    }
    else {
        fprintf(out, "rgb(%u,%u,%u)", 220 + hash % 35, 110 + (hash >> 8) % 110, 50 + (hash >> 20) % 50);
    }
}

/* 0: the call is too narrow to be drawn, and so are the calls above it. */
static int draw_call(drawing *self, const char *name, size_t length, int depth, uint64_t before, uint64_t samples)
{
    double scale = (double)(WIDTH - 2 * MARGIN) / (double)self->total;
    double x = MARGIN + (double)before * scale, width = (double)samples * scale;
    int y = self->height - MARGIN - (depth + 1) * ROW;

    if (width < NARROWEST || self->boxes >= BOXES_MOST) {
        return 0;
    }
    self->boxes++;
    fputs("<g><title>", self->out);
    write_text(self->out, name, length);
    fprintf(self->out, ": %llu samples, %.2f%%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"",
            (unsigned long long)samples, 100.0 * (double)samples / (double)self->total, x, y, width, ROW - 1);
    write_colour(self->out, name, length);
    fputs("\"/>", self->out);
    write_label(self, name, length, x, y, width);
    fputs("</g>\n", self->out);
    return 1;
}

static size_t call_end(const pyw_folded_stack *stack, size_t at)
{
    const char *end = memchr(stack->text + at, ';', stack->length - at);

    return end != NULL ? (size_t)(end - stack->text) : stack->length;
}

/* Does the stack contain the same call at the same place? */
static int has_call(const pyw_folded_stack *stack, const pyw_folded_stack *other, size_t at, size_t end)
{
    return stack->length >= end && call_end(stack, at) == end &&
           memcmp(stack->text + at, other->text + at, end - at) == 0;
}

/*
 * Draws the calls that begin at byte `at` of the stacks from `first` to `end`, which are equal up to there. Stacks that
 * end before come first.
 */
static void draw_calls(drawing *self, size_t first, size_t end, size_t at, int depth, uint64_t before)
{
    while (first < end && depth < DEPTH_MOST) {
        const pyw_folded_stack *stack = self->stacks[first];
        uint64_t samples = stack->count;
        size_t next = first + 1;

        if (stack->length >= at) {
            size_t stop = call_end(stack, at);

            for (; next < end && has_call(self->stacks[next], stack, at, stop); next++) {
                samples += self->stacks[next]->count;
            }
            if (draw_call(self, stack->text + at, stop - at, depth, before, samples)) {
                draw_calls(self, first, next, stop + 1, depth + 1, before);
            }
        }
        before += samples;
        first = next;
    }
}

static int depth_of(const pyw_folded_stack *stack)
{
    int depth = 1;

    for (size_t i = 0; i < stack->length && depth < DEPTH_MOST; i++) {
        depth += stack->text[i] == ';';
    }
    return depth;
}

static void measure(drawing *self, size_t count)
{
    int depth = 0;

    for (size_t i = 0; i < count; i++) {
        int own = depth_of(self->stacks[i]);

        depth = own > depth ? own : depth;
        self->total += self->stacks[i]->count;
    }
    self->height = TOP + (depth + 1) * ROW + 2 * MARGIN;
}

void pyw_flame_graph_write(FILE *out, const char *title, const pyw_folded_stack *const *stacks, size_t count)
{
    drawing self = {.out = out, .stacks = stacks};

    measure(&self, count);
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"monospace\" font-size=\"11\">\n<title>",
            WIDTH, self.height, WIDTH, self.height);
    write_text(out, title, strlen(title));
    fprintf(out,
            "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fffdf5\"/>\n"
            "<text x=\"%d\" y=\"24\" text-anchor=\"middle\" font-size=\"15\">",
            WIDTH / 2);
    write_text(out, title, strlen(title));
    fputs("</text>\n", out);
    if (self.total > 0) {
        draw_call(&self, "all", 3, 0, 0, self.total);
        draw_calls(&self, 0, count, 0, 1, 0);
    }
    fputs("</svg>\n", out);
}
