/* SPDX-License-Identifier: Apache-2.0 */
/* httpd/metrics/series: the series of requests in memory that processes share. */
#include "httpd/metrics/series.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

static pyw_series_table *table;

static int make_table(void **state)
{
    table = mmap(NULL, pyw_series_table_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return table == MAP_FAILED ? -1 : pyw_series_table_init(table);
}

static int drop_table(void **state)
{
    return munmap(table, pyw_series_table_size());
}

static void test_a_name_has_one_series(void **state)
{
    pyw_series *one = pyw_series_find(table, "www:80", "app");

    assert_string_equal(one->host, "www:80");
    assert_string_equal(one->group, "app");
    assert_ptr_equal(pyw_series_find(table, "www:80", "app"), one);
    assert_ptr_not_equal(pyw_series_find(table, "www:443", "app"), one);
    assert_ptr_not_equal(pyw_series_find(table, "www:80", "other"), one);
    assert_int_equal(pyw_series_count(table), 4);
}

static void test_a_long_name_is_cut(void **state)
{
    char name[2 * PYW_SERIES_NAME];
    pyw_series *one;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    one = pyw_series_find(table, name, "app");
    assert_int_equal(strlen(one->host), PYW_SERIES_NAME - 1);
    assert_ptr_equal(pyw_series_find(table, name, "app"), one);
}

static void test_a_full_table_counts_in_the_series_without_names(void **state)
{
    char name[32];

    for (int i = 1; i < PYW_SERIES_CAPACITY; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_string_equal(pyw_series_find(table, name, "app")->host, name);
    }
    assert_ptr_equal(pyw_series_find(table, "one too many", "app"), pyw_series_at(table, 0));
    assert_string_equal(pyw_series_at(table, 0)->host, "");
    assert_ptr_equal(pyw_series_at(table, PYW_SERIES_CAPACITY), pyw_series_at(table, 0));
    assert_int_equal(pyw_series_index(table, pyw_series_at(table, 5)), 5);
    assert_string_equal(pyw_series_find(table, "1", "app")->host, "1");
}

/* A process that finds the lock taken gets the series without names, and tries again. */
static void find_all(int names)
{
    char name[32];

    for (int i = 0; i < names; i++) {
        snprintf(name, sizeof(name), "%d", i);
        while (*pyw_series_find(table, name, "app")->host == '\0') {
        }
    }
    _exit(0);
}

static void test_processes_agree(void **state)
{
    enum { PROCESSES = 4, NAMES = 200 };

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            find_all(NAMES);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        wait(&status);
        assert_int_equal(status, 0);
    }
    assert_int_equal(pyw_series_count(table), 1 + NAMES);
}

static uint64_t counted(const pyw_histogram *histogram, int bucket)
{
    return pyw_series_get(&histogram->counts[bucket]);
}

static void test_a_bound_belongs_to_its_bucket(void **state)
{
    pyw_histogram *histogram = &pyw_series_find(table, "www", "app")->duration;

    pyw_histogram_observe(histogram, -5);
    pyw_histogram_observe(histogram, 1000);
    pyw_histogram_observe(histogram, 1001);
    pyw_histogram_observe(histogram, 30000000);
    pyw_histogram_observe(histogram, 30000001);
    assert_int_equal(counted(histogram, 0), 2);
    assert_int_equal(counted(histogram, 1), 1);
    assert_int_equal(counted(histogram, PYW_SERIES_BUCKETS - 2), 1);
    assert_int_equal(counted(histogram, PYW_SERIES_BUCKETS - 1), 1);
    assert_int_equal(pyw_series_get(&histogram->sum_us), 1000 + 1001 + 30000000 + 30000001);
}

static void test_every_duration_has_the_first_bucket_whose_bound_is_not_below(void **state)
{
    for (int i = 0; i < PYW_SERIES_BUCKETS - 1; i++) {
        for (int64_t power = 1; power < pyw_series_bounds[PYW_SERIES_BUCKETS - 2] * 4; power *= 2) {
            int64_t middle = (pyw_series_bounds[i] + power) / 2;
            int bucket = pyw_series_bucket(middle);

            assert_true(bucket == PYW_SERIES_BUCKETS - 1 || middle <= pyw_series_bounds[bucket]);
            assert_true(bucket == 0 || middle > pyw_series_bounds[bucket - 1]);
        }
        assert_int_equal(pyw_series_bucket(pyw_series_bounds[i]), i);
        assert_int_equal(pyw_series_bucket(pyw_series_bounds[i] + 1), i + 1);
    }
    assert_int_equal(pyw_series_bucket(0), 0);
    assert_int_equal(pyw_series_bucket(INT64_MAX), PYW_SERIES_BUCKETS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_name_has_one_series, make_table, drop_table),
        cmocka_unit_test_setup_teardown(test_a_long_name_is_cut, make_table, drop_table),
        cmocka_unit_test_setup_teardown(test_a_full_table_counts_in_the_series_without_names, make_table, drop_table),
        cmocka_unit_test_setup_teardown(test_processes_agree, make_table, drop_table),
        cmocka_unit_test_setup_teardown(test_a_bound_belongs_to_its_bucket, make_table, drop_table),
        cmocka_unit_test(test_every_duration_has_the_first_bucket_whose_bound_is_not_below),
    };

    return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
