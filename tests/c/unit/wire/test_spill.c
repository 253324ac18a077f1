/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "scarce_memory.h"
#include "socket_pair.h"
#include "wire/spill.h"

enum { MEMORY = 1000, ON_DISK = 5000 };

static pyw_spill make(const char *directory)
{
    pyw_spill spill = {.memory_limit = MEMORY, .file_limit = ON_DISK, .directory = directory};

    return spill;
}

/* Byte n of the stream. */
static char byte_at(size_t position)
{
    return (char)(position * 7 + position / 251);
}

static void put(pyw_spill *spill, size_t position, size_t length)
{
    char bytes[8192];

    assert_true(length <= sizeof(bytes));
    for (size_t i = 0; i < length; i++) {
        bytes[i] = byte_at(position + i);
    }
    assert_true(pyw_spill_put(spill, bytes, length));
}

/* Takes `length` bytes in pieces, and checks each byte. */
static void expect(pyw_spill *spill, size_t position, size_t length)
{
    char bytes[777];

    while (length > 0) {
        ssize_t got = pyw_spill_take(spill, bytes, length < sizeof(bytes) ? length : sizeof(bytes));

        assert_true(got > 0);
        for (ssize_t i = 0; i < got; i++) {
            assert_int_equal(bytes[i], byte_at(position++));
        }
        length -= (size_t)got;
    }
}

static void test_more_room_is_where_the_next_bytes_go(void **state)
{
    pyw_spill spill = make("/tmp");
    pyw_spill none = {0};

    (void)state;
    pyw_spill_extend(&none, 100);
    assert_int_equal(pyw_spill_room(&none), 100);
    put(&none, 0, 100);
    assert_int_equal(pyw_spill_room(&none), 0); /* no file was created either */
    expect(&none, 0, 100);
    pyw_spill_clear(&none);
    put(&spill, 0, MEMORY);
    put(&spill, MEMORY, ON_DISK);
    assert_int_equal(pyw_spill_room(&spill), 0);
    pyw_spill_extend(&spill, 100);
    assert_int_equal(pyw_spill_room(&spill), 100);
    put(&spill, MEMORY + ON_DISK, 100);
    expect(&spill, 0, MEMORY + ON_DISK + 100);
    pyw_spill_clear(&spill);
}

static void test_bytes_come_out_in_order_from_memory_and_file(void **state)
{
    pyw_spill spill = make("/tmp");

    put(&spill, 0, 700);
    put(&spill, 700, 300);
    put(&spill, 1000, 2000);
    expect(&spill, 0, 500);
    put(&spill, 3000, 1000);
    expect(&spill, 500, 3500);
    assert_true(pyw_spill_is_empty(&spill));
    pyw_spill_clear(&spill);
}

static void test_room_is_that_of_memory_then_that_of_the_file(void **state)
{
    pyw_spill spill = make("/tmp");

    assert_int_equal(pyw_spill_room(&spill), MEMORY);
    put(&spill, 0, 400);
    assert_int_equal(pyw_spill_room(&spill), MEMORY - 400);
    put(&spill, 400, 600);
    assert_int_equal(pyw_spill_room(&spill), ON_DISK);
    put(&spill, 1000, 4999);
    assert_int_equal(pyw_spill_room(&spill), 1);
    put(&spill, 5999, 1);
    assert_int_equal(pyw_spill_room(&spill), 0);
    expect(&spill, 0, 6000);
    assert_int_equal(pyw_spill_room(&spill), MEMORY);
    pyw_spill_clear(&spill);
}

static void test_an_empty_file_gives_its_blocks_back(void **state)
{
    pyw_spill spill = make("/tmp");
    struct stat status;

    for (int round = 0; round < 3; round++) {
        put(&spill, 0, 1000);
        put(&spill, 1000, 3000);
        expect(&spill, 0, 4000);
        assert_int_equal(fstat(spill.fd, &status), 0);
        assert_int_equal(status.st_size, 0);
    }
    pyw_spill_clear(&spill);
}

static void test_without_a_directory_the_bytes_stay_in_memory_and_there_is_no_more_room(void **state)
{
    pyw_spill spill = make("/nowhere/at/all");

    put(&spill, 0, 1000);
    put(&spill, 1000, 3000);
    assert_int_equal(spill.error, ENOENT);
    assert_int_equal(pyw_spill_room(&spill), 0);
    expect(&spill, 0, 4000);
    assert_int_equal(pyw_spill_room(&spill), 0);
    assert_true(pyw_spill_is_empty(&spill));
    pyw_spill_clear(&spill);
    assert_int_equal(pyw_spill_room(&spill), MEMORY);
}

static void test_a_full_disk_loses_nothing(void **state)
{
    pyw_spill spill = make("/tmp");
    struct rlimit before, limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 2500;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put(&spill, 0, 1000);
    put(&spill, 1000, 2000);
    put(&spill, 3000, 1000); /* half of it fits */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(spill.error, EFBIG);
    assert_int_equal(pyw_spill_room(&spill), 0);
    expect(&spill, 0, 4000);
    pyw_spill_clear(&spill);
}

static void test_without_limits_there_is_no_room(void **state)
{
    pyw_spill spill = {0};

    assert_int_equal(pyw_spill_room(&spill), 0);
    assert_true(pyw_spill_is_empty(&spill));
    assert_int_equal(pyw_spill_take(&spill, &spill, 1), 0);
    pyw_spill_clear(&spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_room_is_where_the_next_bytes_go),
        cmocka_unit_test(test_bytes_come_out_in_order_from_memory_and_file),
        cmocka_unit_test(test_room_is_that_of_memory_then_that_of_the_file),
        cmocka_unit_test(test_an_empty_file_gives_its_blocks_back),
        cmocka_unit_test(test_without_a_directory_the_bytes_stay_in_memory_and_there_is_no_more_room),
        cmocka_unit_test(test_a_full_disk_loses_nothing),
        cmocka_unit_test(test_without_limits_there_is_no_room),
    };

    return cmocka_run_group_tests_name("spill", tests, NULL, NULL);
}
