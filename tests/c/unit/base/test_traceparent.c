/* SPDX-License-Identifier: Apache-2.0 */
/* The header traceparent: everything but the form of W3C Trace Context is refused. */
#include "unit_test.h"

#include <string.h>

#include "base/traceparent.h"

static const char valid[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

static int is_valid(const char *text)
{
    return pyw_traceparent_is_valid(text, strlen(text));
}

static void test_the_example_of_the_specification(void **state)
{
    assert_true(is_valid(valid));
    assert_true(is_valid("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff"));
}

static void test_a_single_wrong_character_is_refused(void **state)
{
    for (size_t i = 0; i < PYW_TRACEPARENT_LENGTH; i++) {
        for (const char *wrong = "-gG/:`\n\"]F"; *wrong; wrong++) {
            char text[sizeof(valid)];

            memcpy(text, valid, sizeof(valid));
            text[i] = text[i] == *wrong ? '0' : *wrong;
            assert_false(is_valid(text));
        }
    }
}

static void test_other_lengths_are_refused(void **state)
{
    char text[sizeof(valid) + 1];

    for (size_t length = 0; length < PYW_TRACEPARENT_LENGTH; length++) {
        assert_false(pyw_traceparent_is_valid(valid, length));
    }
    memcpy(text, valid, PYW_TRACEPARENT_LENGTH);
    memcpy(text + PYW_TRACEPARENT_LENGTH, "0", 2);
    assert_false(is_valid(text));
}

static void test_ids_of_zero_and_the_version_ff_are_refused(void **state)
{
    assert_false(is_valid("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
    assert_false(is_valid("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
    assert_false(is_valid("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_the_specification),
        cmocka_unit_test(test_a_single_wrong_character_is_refused),
        cmocka_unit_test(test_other_lengths_are_refused),
        cmocka_unit_test(test_ids_of_zero_and_the_version_ff_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
