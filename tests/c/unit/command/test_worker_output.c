/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/profile/worker_output.h"

static pyw_worker_output output;

static int set_up(void **state)
{
    memset(&output, 0, sizeof(output));
    output.fd = -1;
    output.stacks = pyw_folded_create(PYW_FOLDED_BYTES_MAX);
    return output.stacks == NULL;
}

static int tear_down(void **state)
{
    pyw_buffer_free(&output.line);
    pyw_folded_free(output.stacks);
    return 0;
}

static int take(const char *text)
{
    return pyw_worker_output_take(&output, text, strlen(text));
}

static int count(const char *stack)
{
    return (int)pyw_folded_count(output.stacks, stack, strlen(stack));
}

static void test_lines_may_arrive_in_pieces(void **state)
{
    static const char text[] = "a;b 3\na 4\n#end 7\n";

    for (size_t i = 0; i + 2 < sizeof(text); i++) {
        assert_int_equal(pyw_worker_output_take(&output, text + i, 1), 1);
    }
    assert_int_equal(take("\n"), 0);
    assert_int_equal(count("a;b"), 3);
    assert_int_equal(count("a"), 4);
    assert_int_equal(output.is_complete, 1);
    assert_int_equal(output.ticks, 7);
}

static void test_an_idle_worker_is_complete(void **state)
{
    assert_int_equal(take("#end 0\n"), 0);
    assert_int_equal(output.is_complete, 1);
}

static void test_nothing_is_read_after_the_end(void **state)
{
    assert_int_equal(take("#end 1\nlate 1\n"), 0);
    assert_int_equal(count("late"), 0);
}

static void test_the_worker_says_why_there_is_no_profile(void **state)
{
    assert_int_equal(take("#error another profile of it \x1b[2J is running\n"), 0);
    assert_int_equal(output.is_complete, 0);
    assert_string_equal(output.problem, "another profile of it \\x1b[2J is running");
}

static void test_stacks_cannot_control_a_terminal(void **state)
{
    assert_int_equal(take("a\x1b[2J\xff 1\n"), 1);
    assert_int_equal(count("a\\x1b[2J\\xff"), 1);
}

static void test_a_line_that_is_no_stack_ends_the_output(void **state)
{
    assert_int_equal(take("a 1\nhello\nb 1\n"), 0);
    assert_int_equal(count("b"), 0);
    assert_string_equal(output.problem, "its profile is malformed");
}

static void test_the_size_is_limited(void **state)
{
    static char block[1024 * 1024];
    int goes_on = 1;

    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 9 && goes_on; i++) {
        goes_on = pyw_worker_output_take(&output, block, sizeof(block));
    }
    assert_int_equal(goes_on, 0);
    assert_string_equal(output.problem, "its profile is too large");
}

static void test_a_worker_that_dies_does_not_hold_up_the_others(void **state)
{
    pyw_worker_output outputs[3];
    int ends[3][2];

    for (int i = 0; i < 3; i++) {
        outputs[i] = output;
        assert_int_equal(pipe(ends[i]), 0);
        outputs[i].fd = ends[i][0];
    }
    assert_int_equal(write(ends[0][1], "a 1\n", 4), 4);
    close(ends[0][1]);
    assert_int_equal(write(ends[1][1], "a 1\n#end 1\n", 11), 11);
    pyw_worker_output_read(outputs, 3, pyw_clock_ms() + 50); /* the third does not write */
    assert_int_equal(outputs[0].is_complete, 0);
    assert_int_equal(outputs[1].is_complete, 1);
    assert_int_equal(outputs[2].is_complete, 0);
    assert_int_equal(outputs[2].fd, -1);
    assert_int_equal(count("a"), 2);
    close(ends[1][1]);
    close(ends[2][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_may_arrive_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_idle_worker_is_complete, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_read_after_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_worker_says_why_there_is_no_profile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stacks_cannot_control_a_terminal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_that_is_no_stack_ends_the_output, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_size_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_worker_that_dies_does_not_hold_up_the_others, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
