/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "worker/watch/memory.h"

enum { START = 1000 };

static int told;

static void on_large(void)
{
    told++;
}

static pyw_memory_watch *look;

static int forget(void **state)
{
    pyw_memory_watch_destroy(look);
    look = NULL;
    told = 0;
    return 0;
}

/* Allocates resident memory. */
static void *take_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    memset(memory, 1, size);
    return memory;
}

static void test_a_process_below_its_limit_is_not_reported(void **state)
{
    look = pyw_memory_watch_create(UINT64_C(1) << 40, on_large);
    assert_non_null(look);
    pyw_memory_watch_read(look, START);
    assert_int_equal(told, 0);
    assert_int_equal(pyw_memory_watch_take(look), 0);
}

static void test_a_process_that_grows_beyond_it_is_reported_at_the_next_reading(void **state)
{
    const size_t size = 128 << 20;
    void *memory;

    look = pyw_memory_watch_create(size, on_large);
    pyw_memory_watch_read(look, START);
    assert_int_equal(told, 0);
    memory = take_memory(size);
    pyw_memory_watch_read(look, START + PYW_MEMORY_CHECK_MS);
    munmap(memory, size);
    assert_int_equal(told, 1);
    assert_int_equal(pyw_memory_watch_take(look), 1);
    assert_int_equal(pyw_memory_watch_take(look), 0);
}

static void test_it_is_not_looked_at_with_each_request(void **state)
{
    const size_t size = 128 << 20;
    void *memory;

    look = pyw_memory_watch_create(size, on_large);
    pyw_memory_watch_read(look, START);
    memory = take_memory(size);
    pyw_memory_watch_read(look, START + PYW_MEMORY_CHECK_MS - 1);
    assert_int_equal(told, 0);
    pyw_memory_watch_read(look, START + PYW_MEMORY_CHECK_MS);
    assert_int_equal(told, 1);
    munmap(memory, size);
}

static void test_a_report_is_not_repeated_at_each_reading(void **state)
{
    look = pyw_memory_watch_create(1, on_large);
    pyw_memory_watch_read(look, START);
    pyw_memory_watch_read(look, START + PYW_MEMORY_CHECK_MS);
    pyw_memory_watch_read(look, START + PYW_MEMORY_RECHECK_MS - 1);
    assert_int_equal(told, 1);
    pyw_memory_watch_read(look, START + PYW_MEMORY_RECHECK_MS);
    assert_int_equal(told, 2);
}

/* The next free descriptor. */
static int next_fd(void)
{
    int fd = open("/dev/null", O_RDONLY);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static void test_an_application_that_closes_the_descriptor_does_no_harm(void **state)
{
    int fd = next_fd();

    look = pyw_memory_watch_create(1, on_large);
    close(fd);
    pyw_memory_watch_read(look, START);
    assert_int_equal(open("/dev/zero", O_RDONLY), fd);
    pyw_memory_watch_read(look, START + PYW_MEMORY_CHECK_MS);
    assert_int_equal(told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_process_below_its_limit_is_not_reported, forget),
        cmocka_unit_test_teardown(test_a_process_that_grows_beyond_it_is_reported_at_the_next_reading, forget),
        cmocka_unit_test_teardown(test_it_is_not_looked_at_with_each_request, forget),
        cmocka_unit_test_teardown(test_a_report_is_not_repeated_at_each_reading, forget),
        cmocka_unit_test_teardown(test_an_application_that_closes_the_descriptor_does_no_harm, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
