/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/profile/flame_graph.h"
#include "command/profile/hot_calls.h"

typedef struct sample {
    const char *stack;
    uint64_t count;
} sample;

static char *text; /* the output of the last call */
static size_t length;

static pyw_folded_stacks *set_of(const sample *samples)
{
    pyw_folded_stacks *stacks = pyw_folded_create(PYW_FOLDED_BYTES_MAX);

    assert_non_null(stacks);
    for (; samples->stack != NULL; samples++) {
        pyw_folded_add(stacks, samples->stack, strlen(samples->stack), samples->count);
    }
    return stacks;
}

static void write_graph(FILE *out, const pyw_folded_stack *const *sorted, size_t count)
{
    pyw_flame_graph_write(out, "group <blog>", sorted, count);
}

static void write_table(FILE *out, const pyw_folded_stack *const *sorted, size_t count)
{
    assert_true(pyw_hot_calls_print(out, sorted, count, 3));
}

static void render(void (*write)(FILE *out, const pyw_folded_stack *const *sorted, size_t count), const sample *samples)
{
    pyw_folded_stacks *stacks = set_of(samples);
    size_t count;
    const pyw_folded_stack **sorted = pyw_folded_sorted(stacks, &count);
    FILE *out;

    free(text);
    text = NULL;
    out = open_memstream(&text, &length);
    write(out, sorted, count);
    fclose(out);
    free(sorted);
    pyw_folded_free(stacks);
}

static int tear_down(void **state)
{
    free(text);
    text = NULL;
    return 0;
}

static int count_of(const char *word)
{
    int count = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word)) {
        count++;
    }
    return count;
}

/* The rectangle of a call, of which the graph has one. */
static void expect_box(const char *title, double x, double width, int level)
{
    char wanted[200];
    const char *at;
    double found_x, found_width;
    int y, height;

    snprintf(wanted, sizeof(wanted), "<title>%s</title>", title);
    at = strstr(text, wanted);
    if (at == NULL) {
        fail_msg("no %s in %s", wanted, text);
    }
    assert_int_equal(count_of(wanted), 1);
    assert_int_equal(sscanf(strstr(at, "<rect"), "<rect x=\"%lf\" y=\"%d\" width=\"%lf\"", &found_x, &y, &found_width),
                     3);
    assert_int_equal(sscanf(strstr(text, "height="), "height=\"%d\"", &height), 1);
    assert_true(found_x > x - 0.1 && found_x < x + 0.1);
    assert_true(found_width > width - 0.1 && found_width < width + 0.1);
    assert_int_equal(y, height - 10 - (level + 1) * 17);
}

static void test_widths_are_shares_and_callers_are_below(void **state)
{
    static const sample samples[] = {{"a;b", 30}, {"a", 20}, {"a;c;d", 40}, {"e", 10}, {NULL, 0}};

    render(write_graph, samples);
    expect_box("all: 100 samples, 100.00%", 10, 1180, 0);
    expect_box("a: 90 samples, 90.00%", 10, 1062, 1);
    expect_box("b: 30 samples, 30.00%", 10 + 236, 354, 2); /* behind the samples of `a` itself */
    expect_box("c: 40 samples, 40.00%", 10 + 590, 472, 2);
    expect_box("d: 40 samples, 40.00%", 10 + 590, 472, 3);
    expect_box("e: 10 samples, 10.00%", 10 + 1062, 118, 1);
    assert_int_equal(count_of("<g>"), 6);
}

static void test_names_are_escaped(void **state)
{
    static const sample samples[] = {{"<b>&\"x\" (<frozen>:1)", 1}, {"\xef\xbf\xbf", 1}, {NULL, 0}};

    render(write_graph, samples);
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "\xef\xbf\xbf"));
    assert_non_null(strstr(text, "<title>&lt;b&gt;&amp;&quot;x&quot; (&lt;frozen&gt;:1): 1 samples, 50.00%</title>"));
    assert_non_null(strstr(text, "<title>group &lt;blog&gt;</title>"));
}

static void test_labels_fit_their_boxes_in_whole_characters(void **state)
{
    static const sample samples[] = {
        {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4}, {"other", 96}, {NULL, 0}};

    render(write_graph, samples);
    /* 4% are 47 pixels: 5 characters */
    assert_non_null(strstr(text, ">\xc3\xa9\xc3\xa9\xc3\xa9..</text>"));
}

static void test_narrow_calls_are_left_out(void **state)
{
    static const sample samples[] = {{"a;tiny;tinier", 1}, {"a", 1000000}, {NULL, 0}};

    render(write_graph, samples);
    assert_int_equal(count_of("<g>"), 2);
    assert_null(strstr(text, "tiny"));
}

static void test_depth_is_limited(void **state)
{
    static char deep[20001];
    const sample samples[] = {{deep, 1}, {NULL, 0}};

    for (size_t i = 0; i < sizeof(deep) - 1; i++) {
        deep[i] = i % 2 == 0 ? 'f' : ';';
    }
    render(write_graph, samples);
    assert_true(count_of("<g>") > 200 && count_of("<g>") < 300);
}

static void test_no_samples_are_an_empty_graph(void **state)
{
    static const sample none[] = {{NULL, 0}};

    render(write_graph, none);
    assert_non_null(strstr(text, "</svg>"));
    assert_int_equal(count_of("<g>"), 0);
}

static void test_the_table_has_own_and_total_shares(void **state)
{
    static const sample samples[] = {{"a;b", 60}, {"a;b;a", 30}, {"a;c;[GIL held]", 8}, {"d", 2}, {NULL, 0}};

    render(write_table, samples);
    assert_string_equal(text, "   SELF   TOTAL  CALL\n"
                              "  60.0%   90.0%  b\n"
                              "  30.0%   98.0%  a\n"
                              "   8.0%    8.0%  c\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_widths_are_shares_and_callers_are_below, tear_down),
        cmocka_unit_test_teardown(test_names_are_escaped, tear_down),
        cmocka_unit_test_teardown(test_labels_fit_their_boxes_in_whole_characters, tear_down),
        cmocka_unit_test_teardown(test_narrow_calls_are_left_out, tear_down),
        cmocka_unit_test_teardown(test_depth_is_limited, tear_down),
        cmocka_unit_test_teardown(test_no_samples_are_an_empty_graph, tear_down),
        cmocka_unit_test_teardown(test_the_table_has_own_and_total_shares, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
