/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folded_stacks.h"
#include "scarce_memory.h"

static pyw_folded_stacks *stacks;

static int set_up(void **state)
{
    stacks = pyw_folded_create(PYW_FOLDED_BYTES_MAX);
    return stacks == NULL;
}

static int tear_down(void **state)
{
    pyw_folded_free(stacks);
    return 0;
}

static void add(const char *text, uint64_t count)
{
    pyw_folded_add(stacks, text, strlen(text), count);
}

/* "a 1|a;b 2|" */
static const char *all(void)
{
    static char out[4096];
    size_t count;
    const pyw_folded_stack **sorted = pyw_folded_sorted(stacks, &count);

    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%.*s %llu|", (int)sorted[i]->length, sorted[i]->text,
                 (unsigned long long)sorted[i]->count);
    }
    free(sorted);
    return out;
}

static void test_equal_stacks_are_counted_together(void **state)
{
    add("a;b", 1);
    add("a", 5);
    add("a;b", 2);
    assert_string_equal(all(), "a 5|a;b 3|");
    assert_int_equal(pyw_folded_count(stacks, "a;b", 3), 3);
    assert_int_equal(pyw_folded_count(stacks, "b", 1), 0);
}

static void test_stacks_that_begin_alike_are_neighbours(void **state)
{
    add("a b", 1);
    add("a;z", 1);
    add("a", 1);
    add("a!;c", 1);
    add("a;b;c", 1);
    add("a;b", 1);
    assert_string_equal(all(), "a 1|a;b 1|a;b;c 1|a;z 1|a b 1|a!;c 1|");
}

static void test_stacks_over_the_limit_count_as_other(void **state)
{
    pyw_folded_stacks *unlimited = stacks;

    stacks = pyw_folded_create(4);
    add("four", 1);
    add("more", 2);
    add("yet more", 3);
    add("four", 1);
    assert_string_equal(all(), "[other] 5|four 2|");
    pyw_folded_free(stacks);
    stacks = unlimited;
}

static void test_without_memory_nothing_is_lost_silently(void **state)
{
    size_t count;

    pyw_scarce_memory_fail_after(0);
    add("a", 7);
    assert_true(pyw_scarce_memory_end());
    pyw_scarce_memory_fail_after(0);
    assert_null(pyw_folded_sorted(stacks, &count));
    for (int i = 0; i < 2; i++) {
        pyw_scarce_memory_fail_after(i);
        assert_null(pyw_folded_create(10));
    }
    pyw_scarce_memory_end();
    assert_string_equal(all(), "[other] 7|");
}

static void test_calls_are_named_with_the_end_of_their_path(void **state)
{
    static const struct {
        const char *name, *file, *expected;
    } rows[] = {
        {"view", "/srv/blog/views.py", "view (blog/views.py:12)"},
        {"Form.clean", "views.py", "Form.clean (views.py:12)"},
        {"f", "/a.py", "f (/a.py:12)"},
        {"<module>", "<frozen importlib>", "<module> (<frozen importlib>:12)"},
        {"a;b\nc\x7f", "/x;y/\tz.py", "a:b?c? (x:y/?z.py:12)"},
        {"", "", " (:12)"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pyw_buffer out = {0};

        pyw_folded_append_call(&out, rows[i].name, strlen(rows[i].name), rows[i].file, strlen(rows[i].file), 12);
        pyw_buffer_append(&out, "", 1);
        assert_string_equal(out.data, rows[i].expected);
        pyw_buffer_free(&out);
    }
}

static void test_long_names_are_cut(void **state)
{
    static char name[10000];
    pyw_buffer out = {0};

    memset(name, 'x', sizeof(name));
    pyw_folded_append_call(&out, name, sizeof(name), name, sizeof(name), 1);
    assert_true(out.length < 400);
    pyw_buffer_free(&out);
}

static void test_a_line_is_a_stack_and_a_count(void **state)
{
    static const struct {
        const char *line;
        int is_valid;
        size_t length;
        uint64_t count;
    } rows[] = {
        {"a;b 12", 1, 3, 12}, {"a b (c:1) 3", 1, 9, 3}, {"a 999999999999", 1, 1, 999999999999},
        {"a", 0, 0, 0},       {"a 0", 0, 0, 0},         {"a 1000000000000", 0, 0, 0},
        {" 12", 0, 0, 0},     {"12", 0, 0, 0},          {"", 0, 0, 0},
        {"a 12 ", 0, 0, 0},   {"a -1", 0, 0, 0},        {"a;12", 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t length = 0;
        uint64_t count = 0;

        assert_int_equal(pyw_folded_parse(rows[i].line, strlen(rows[i].line), &length, &count), rows[i].is_valid);
        if (rows[i].is_valid) {
            assert_int_equal(length, rows[i].length);
            assert_int_equal(count, rows[i].count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_equal_stacks_are_counted_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stacks_that_begin_alike_are_neighbours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stacks_over_the_limit_count_as_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_memory_nothing_is_lost_silently, set_up, tear_down),
        cmocka_unit_test(test_calls_are_named_with_the_end_of_their_path),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_a_line_is_a_stack_and_a_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
