/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <string.h>
#include <unistd.h>

#include "base/os/proc.h"

static void test_a_field_is_found_by_its_index(void **state)
{
    uint64_t number = 0;

    assert_true(pyw_proc_number("7 88\t999\n", 0, &number));
    assert_int_equal(number, 7);
    assert_true(pyw_proc_number("\nPss:       1234 kB\n", 1, &number));
    assert_int_equal(number, 1234);
    assert_true(pyw_proc_number("0 18446744073709551615", 1, &number));
    assert_true(number == UINT64_MAX);
}

static void test_a_field_that_is_no_number_leaves_the_value(void **state)
{
    uint64_t number = 5;

    assert_false(pyw_proc_number("", 0, &number));
    assert_false(pyw_proc_number("1 2", 2, &number));
    assert_false(pyw_proc_number("x", 0, &number));
    assert_false(pyw_proc_number("-1", 0, &number));
    assert_false(pyw_proc_number("18446744073709551616", 0, &number));
    assert_int_equal(number, 5);
}

static void test_the_name_of_a_program_does_not_shift_the_fields(void **state)
{
    uint64_t number = 0;

    assert_true(pyw_proc_number(pyw_proc_stat_fields("12 (a) R 9 (b)) S 4 5"), 1, &number));
    assert_int_equal(number, 4);
    assert_null(pyw_proc_stat_fields("nonsense"));
}

static void test_our_own_parent_is_read(void **state)
{
    char text[1024];
    uint64_t parent = 0;

    assert_true(pyw_proc_read_pid(text, sizeof(text), getpid(), "stat") > 0);
    assert_true(pyw_proc_number(pyw_proc_stat_fields(text), 1, &parent));
    assert_int_equal(parent, getppid());
}

static void test_a_long_file_is_cut_and_a_missing_one_is_empty(void **state)
{
    char text[4];

    assert_int_equal(pyw_proc_read(text, sizeof(text), "/proc/self/stat"), 3);
    assert_int_equal(strlen(text), 3);
    assert_int_equal(pyw_proc_read(text, sizeof(text), "/proc/self/no-such-file"), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_field_is_found_by_its_index),
        cmocka_unit_test(test_a_field_that_is_no_number_leaves_the_value),
        cmocka_unit_test(test_the_name_of_a_program_does_not_shift_the_fields),
        cmocka_unit_test(test_our_own_parent_is_read),
        cmocka_unit_test(test_a_long_file_is_cut_and_a_missing_one_is_empty),
    };

    return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
