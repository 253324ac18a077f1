/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "scarce_memory.h"

static void test_all_zero_is_an_empty_buffer(void **state)
{
    pyw_buffer buffer = {0};

    pyw_buffer_append(&buffer, NULL, 0);
    pyw_buffer_consume(&buffer, 3);
    pyw_buffer_reset(&buffer, 0);
    pyw_buffer_free(&buffer);
    assert_null(buffer.data);
}

static void test_appended_bytes_stay_in_order_while_it_grows(void **state)
{
    pyw_buffer buffer = {0};

    for (int i = 0; i < 100000; i++) {
        char byte = (char)(i % 251);

        pyw_buffer_append(&buffer, &byte, 1);
    }
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, 100000);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal((unsigned char)buffer.data[i], i % 251);
    }
    pyw_buffer_free(&buffer);
}

static void test_numbers_are_little_endian(void **state)
{
    static const unsigned char expected[] = {0x02, 0x01, 0x06, 0x05, 0x04, 0x03, 8, 7, 6, 5, 4, 3, 2, 1};
    pyw_buffer buffer = {0};

    pyw_buffer_append_u16(&buffer, 0x0102);
    pyw_buffer_append_u32(&buffer, 0x03040506);
    pyw_buffer_append_u64(&buffer, UINT64_C(0x0102030405060708));
    assert_int_equal(buffer.length, sizeof(expected));
    assert_memory_equal(buffer.data, expected, sizeof(expected));
    pyw_buffer_free(&buffer);
}

static void test_consume_drops_from_the_front(void **state)
{
    pyw_buffer buffer = {0};

    pyw_buffer_append(&buffer, "abcdef", 6);
    pyw_buffer_consume(&buffer, 0);
    assert_int_equal(buffer.length, 6);
    pyw_buffer_consume(&buffer, 2);
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.data, "cdef", 4);
    pyw_buffer_consume(&buffer, 4);
    assert_int_equal(buffer.length, 0);
    pyw_buffer_free(&buffer);
}

static void test_reserved_room_is_used_without_moving(void **state)
{
    pyw_buffer buffer = {0};
    char *room;

    pyw_buffer_append(&buffer, "ab", 2);
    room = pyw_buffer_reserve(&buffer, 5000);
    assert_ptr_equal(room, buffer.data + 2);
    assert_true(buffer.capacity >= 5002);
    assert_int_equal(buffer.length, 2);
    assert_ptr_equal(pyw_buffer_reserve(&buffer, 10), room);
    pyw_buffer_free(&buffer);
}

static void test_reset_keeps_memory_up_to_the_given_size(void **state)
{
    pyw_buffer buffer = {0};

    pyw_buffer_append(&buffer, "ab", 2);
    pyw_buffer_reset(&buffer, buffer.capacity);
    assert_non_null(buffer.data);
    assert_int_equal(buffer.length, 0);
    pyw_buffer_append(&buffer, "ab", 2);
    pyw_buffer_reset(&buffer, buffer.capacity - 1);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
}

static void test_without_memory_it_fails_until_it_is_reset(void **state)
{
    pyw_buffer buffer = {0};

    pyw_buffer_append(&buffer, "ab", 2);
    pyw_scarce_memory_fail_after(0);
    assert_null(pyw_buffer_reserve(&buffer, 100000));
    assert_true(pyw_scarce_memory_end());
    assert_true(buffer.failed);
    pyw_buffer_append(&buffer, "c", 1);
    assert_int_equal(buffer.length, 2);
    pyw_buffer_reset(&buffer, 1000);
    assert_false(buffer.failed);
    pyw_buffer_append(&buffer, "c", 1);
    assert_int_equal(buffer.length, 1);
    pyw_buffer_free(&buffer);
}

static void test_a_size_that_wraps_fails(void **state)
{
    pyw_buffer buffer = {0};

    pyw_buffer_append(&buffer, "ab", 2);
    assert_null(pyw_buffer_reserve(&buffer, SIZE_MAX - 1));
    assert_true(buffer.failed);
    pyw_buffer_free(&buffer);
}

static void test_doubling_stops_where_it_would_wrap(void **state)
{
    pyw_buffer buffer = {0};

    pyw_scarce_memory_fail_after(0);
    assert_null(pyw_buffer_reserve(&buffer, SIZE_MAX - 10));
    assert_true(pyw_scarce_memory_end());
    assert_true(buffer.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_zero_is_an_empty_buffer),
        cmocka_unit_test(test_appended_bytes_stay_in_order_while_it_grows),
        cmocka_unit_test(test_numbers_are_little_endian),
        cmocka_unit_test(test_consume_drops_from_the_front),
        cmocka_unit_test(test_reserved_room_is_used_without_moving),
        cmocka_unit_test(test_reset_keeps_memory_up_to_the_given_size),
        cmocka_unit_test(test_without_memory_it_fails_until_it_is_reset),
        cmocka_unit_test(test_a_size_that_wraps_fails),
        cmocka_unit_test(test_doubling_stops_where_it_would_wrap),
    };

    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
