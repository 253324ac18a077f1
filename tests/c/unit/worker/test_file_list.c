/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <apr_general.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/watch/file_list.h"

static const struct timespec always = {0, 0};
static const struct timespec never = {INT32_MAX, 0};

static char directory[] = "/tmp/pyw.listXXXXXX";
static pyw_file_list *list;

/* A path in the directory; valid until the eighth call after it. */
static const char *in(const char *name)
{
    static char paths[8][200];
    static int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
    return path;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Gives the file the modification time of another one. */
static void set_time(const char *path, const struct stat *other)
{
    const struct timespec times[2] = {other->st_atim, other->st_mtim};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static pyw_file_kind kind; /* of the changed file */

static const char *changed(void)
{
    uint64_t digest = 0;

    return pyw_file_list_compare(list, 0, &digest, &kind);
}

static uint64_t digest(void)
{
    uint64_t sum = 0;

    (void)pyw_file_list_compare(list, 0, &sum, &kind);
    return sum;
}

static int begin(void **state)
{
    list = pyw_file_list_create();
    write_file(in("a"), "one");
    pyw_file_list_add(list, in("a"), PYW_FILE_LOADED, &never);
    return list == NULL;
}

static void test_a_file_that_stays_the_same_is_not_reported(void **state)
{
    assert_null(changed());
    assert_int_equal(digest(), 0);
    assert_int_equal(pyw_file_list_count(list), 1);
    assert_true(pyw_file_list_has(list, in("a")));
    assert_false(pyw_file_list_has(list, in("b")));
}

static void test_another_inode_with_the_same_size_and_time_is_a_change(void **state)
{
    struct stat before;

    stat(in("a"), &before);
    write_file(in("b"), "two");
    set_time(in("b"), &before);
    rename(in("b"), in("a"));
    assert_string_equal(changed(), in("a"));
}

static void test_another_size_with_the_same_time_is_a_change(void **state)
{
    struct stat before;

    stat(in("a"), &before);
    write_file(in("a"), "longer");
    set_time(in("a"), &before);
    assert_string_equal(changed(), in("a"));
}

static void test_an_older_time_by_a_nanosecond_is_a_change(void **state)
{
    struct stat before;

    stat(in("a"), &before);
    before.st_mtim.tv_nsec += before.st_mtim.tv_nsec > 0 ? -1 : 1;
    set_time(in("a"), &before);
    assert_string_equal(changed(), in("a"));
}

static void test_a_removed_file_is_a_change_and_a_missing_file_when_it_appears(void **state)
{
    pyw_file_list_add(list, in("missing"), PYW_FILE_LOADED, &never);
    assert_null(changed());
    write_file(in("missing"), "");
    assert_string_equal(changed(), in("missing"));
    unlink(in("missing"));
    unlink(in("a"));
    assert_string_equal(changed(), in("a"));
}

static void test_a_file_that_changed_after_the_process_began_to_read_is_in_doubt(void **state)
{
    write_file(in("b"), "");
    pyw_file_list_add(list, in("b"), PYW_FILE_LOADED, &always);
    assert_string_equal(changed(), in("b"));
    assert_int_not_equal(digest(), 0);
}

static void test_a_file_is_added_once(void **state)
{
    pyw_file_list_add(list, in("a"), PYW_FILE_LOADED, &always);
    assert_int_equal(pyw_file_list_count(list), 1);
    assert_null(changed());
}

static void test_a_path_into_an_archive_stands_for_the_archive(void **state)
{
    pyw_file_list_add(list, in("a/package/module.py"), PYW_FILE_LOADED, &never);
    assert_null(changed());
    write_file(in("a"), "another archive");
    assert_string_equal(changed(), in("a"));
}

static void test_the_link_in_a_path_is_followed_each_time(void **state)
{
    mkdir(in("one"), 0700);
    mkdir(in("two"), 0700);
    write_file(in("one/f"), "");
    write_file(in("two/f"), "");
    assert_int_equal(symlink("one", in("current")), 0);
    pyw_file_list_add(list, in("current/f"), PYW_FILE_LOADED, &never);
    assert_null(changed());
    unlink(in("current"));
    assert_int_equal(symlink("two", in("current")), 0);
    assert_string_equal(changed(), in("current/f"));
    unlink(in("current"));
}

static void test_only_code_leaves_out_other_files(void **state)
{
    uint64_t sum = 0;

    write_file(in("b"), "one");
    pyw_file_list_add(list, in("b"), PYW_FILE_TEXT, &never);
    write_file(in("b"), "longer");
    assert_null(pyw_file_list_compare(list, 1, &sum, &kind));
    assert_int_equal(sum, 0);
    assert_string_equal(changed(), in("b"));
}

static void test_a_file_that_python_imports_later_becomes_a_loaded_one(void **state)
{
    write_file(in("b"), "one");
    pyw_file_list_add(list, in("b"), PYW_FILE_CODE, &never);
    write_file(in("b"), "longer");
    assert_string_equal(changed(), in("b"));
    assert_int_equal(kind, PYW_FILE_CODE);
    pyw_file_list_add(list, in("b"), PYW_FILE_LOADED, &never);
    assert_string_equal(changed(), in("b")); /* with the state of the first time */
    assert_int_equal(kind, PYW_FILE_LOADED);
    pyw_file_list_add(list, in("b"), PYW_FILE_TEXT, &never);
    assert_string_equal(changed(), in("b"));
    assert_int_equal(kind, PYW_FILE_LOADED);
}

static void test_the_digest_follows_each_change(void **state)
{
    uint64_t first, second;

    write_file(in("a"), "longer");
    first = digest();
    assert_int_equal(digest(), first);
    write_file(in("a"), "longer still");
    second = digest();
    assert_int_not_equal(second, first);
    write_file(in("a"), "one");
}

static int make_directory(void **state)
{
    apr_initialize();
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    char command[200];

    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_file_that_stays_the_same_is_not_reported, begin),
        cmocka_unit_test_setup(test_another_inode_with_the_same_size_and_time_is_a_change, begin),
        cmocka_unit_test_setup(test_another_size_with_the_same_time_is_a_change, begin),
        cmocka_unit_test_setup(test_an_older_time_by_a_nanosecond_is_a_change, begin),
        cmocka_unit_test_setup(test_a_removed_file_is_a_change_and_a_missing_file_when_it_appears, begin),
        cmocka_unit_test_setup(test_a_file_that_changed_after_the_process_began_to_read_is_in_doubt, begin),
        cmocka_unit_test_setup(test_a_file_is_added_once, begin),
        cmocka_unit_test_setup(test_a_path_into_an_archive_stands_for_the_archive, begin),
        cmocka_unit_test_setup(test_the_link_in_a_path_is_followed_each_time, begin),
        cmocka_unit_test_setup(test_a_file_that_python_imports_later_becomes_a_loaded_one, begin),
        cmocka_unit_test_setup(test_only_code_leaves_out_other_files, begin),
        cmocka_unit_test_setup(test_the_digest_follows_each_change, begin),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
