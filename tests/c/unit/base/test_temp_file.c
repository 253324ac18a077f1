/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os/temp_file.h"

static void test_a_file_has_no_name_and_is_for_its_owner_alone(void **state)
{
    int fd = pyw_temp_file_open("/tmp");
    struct stat status;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_nlink, 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

static void test_bytes_are_written_where_they_belong(void **state)
{
    int fd = pyw_temp_file_open("/tmp");
    char bytes[16] = "";

    assert_int_equal(pyw_temp_file_write_at(fd, "world", 5, 6), 0);
    assert_int_equal(pyw_temp_file_write_at(fd, "hello ", 6, 0), 0);
    assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), 11);
    assert_string_equal(bytes, "hello world");
    close(fd);
}

static void test_a_descriptor_that_is_passed_on_is_read_only(void **state)
{
    int fd = pyw_temp_file_open("/tmp");
    char bytes[16] = "";

    assert_int_equal(pyw_temp_file_write_at(fd, "hello", 5, 0), 0);
    fd = pyw_temp_file_read_only(fd);
    assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), 5);
    assert_string_equal(bytes, "hello");
    assert_int_equal(pyw_temp_file_write_at(fd, "x", 1, 0), EBADF);
    assert_int_not_equal(ftruncate(fd, 0), 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

static void test_errors_are_those_of_the_system(void **state)
{
    assert_int_equal(pyw_temp_file_open("/nowhere/at/all"), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(pyw_temp_file_write_at(-1, "x", 1, 0), EBADF);
    assert_int_equal(pyw_temp_file_write_at(-1, "x", 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_has_no_name_and_is_for_its_owner_alone),
        cmocka_unit_test(test_bytes_are_written_where_they_belong),
        cmocka_unit_test(test_a_descriptor_that_is_passed_on_is_read_only),
        cmocka_unit_test(test_errors_are_those_of_the_system),
    };

    return cmocka_run_group_tests_name("temp_file", tests, NULL, NULL);
}
