/* SPDX-License-Identifier: Apache-2.0 */
/* Files that others may have replaced. A test that waits for a writer of the FIFO is ended by the alarm. */
#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os/regular_file.h"

static char directory[] = "/tmp/regular_file.XXXXXX";
static char path[64];

static int set_up(void **state)
{
    alarm(60);
    return mkdtemp(directory) == NULL || snprintf(path, sizeof(path), "%s/file", directory) < 0;
}

static int tear_down(void **state)
{
    return rmdir(directory);
}

static void test_a_file_is_read_up_to_the_size_of_the_text(void **state)
{
    char text[8];
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs("0123456789", file);
    fclose(file);
    assert_int_equal(pyw_regular_file_read(text, sizeof(text), path), 7);
    assert_string_equal(text, "0123456");
    assert_int_equal(unlink(path), 0);
}

static void test_a_missing_file_is_an_empty_text(void **state)
{
    char text[8] = "before";

    assert_int_equal(pyw_regular_file_read(text, sizeof(text), path), -1);
    assert_int_equal(errno, ENOENT);
    assert_string_equal(text, "");
}

static void test_a_fifo_is_refused_at_once(void **state)
{
    char text[8];

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pyw_regular_file_open(path), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(pyw_regular_file_read(text, sizeof(text), path), -1);
    assert_int_equal(unlink(path), 0);
}

static void test_devices_and_directories_are_refused(void **state)
{
    const char *const others[] = {"/dev/zero", "/dev/tty", directory};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(pyw_regular_file_open(others[i]), -1);
    }
}

static void test_a_descriptor_is_not_inherited(void **state)
{
    int fd = pyw_regular_file_open("/etc/passwd");

    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_read_up_to_the_size_of_the_text),
        cmocka_unit_test(test_a_missing_file_is_an_empty_text),
        cmocka_unit_test(test_a_fifo_is_refused_at_once),
        cmocka_unit_test(test_devices_and_directories_are_refused),
        cmocka_unit_test(test_a_descriptor_is_not_inherited),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
