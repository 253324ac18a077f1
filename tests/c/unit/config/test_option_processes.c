/* SPDX-License-Identifier: Apache-2.0 */
/* processes= accepts a number or a range, which reaches the manager and the workers unchanged. */
#include "unit_test.h"

#include <string.h>

#include "config/options/options.h"
#include "test_pool.h"

static pyw_group_options *options;

static int make_options(void **state)
{
    if (pyw_test_pool_create(state) != 0) {
        return 1;
    }
    options = pyw_options_create(pool, "blog");
    return 0;
}

static void expect(const char *value, int least, int most, const char *pair)
{
    const apr_table_t *pairs;
    pyw_group_options *copy = pyw_options_create(pool, "blog");

    assert_null(pyw_options_set(options, pool, "processes", value));
    assert_int_equal(options->manager.processes_least, least);
    assert_int_equal(options->manager.processes, most);
    assert_true(options->worker.multiprocess);
    pairs = pyw_options_pairs(options, PYW_PART_MANAGER, pool);
    assert_string_equal(apr_table_get(pairs, "processes"), pair);
    assert_null(pyw_options_restore(copy, pool, "processes", pair));
    assert_int_equal(copy->manager.processes_least, least);
    assert_int_equal(copy->manager.processes, most);
}

static void test_one_is_the_default(void **state)
{
    assert_int_equal(options->manager.processes_least, 1);
    assert_int_equal(options->manager.processes, 1);
    assert_null(apr_table_get(pyw_options_pairs(options, PYW_PART_MANAGER, pool), "processes"));
}

static void test_numbers_and_spans(void **state)
{
    expect("4", 4, 4, "4");
    expect("2-8", 2, 8, "2-8");
    expect("0-1", 0, 1, "0-1");
    expect("3-3", 3, 3, "3");
    expect("1-1000", 1, 1000, "1-1000");
}

static void test_malformed_ranges_are_refused(void **state)
{
    static const char *const values[] = {"0",    "0-0",   "8-2",    "2-",   "-2", "2-8-9",
                                         "2--8", "2 - 8", "1-1001", "1-8x", "x",  "99999999999999999999-2"};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const char *error = pyw_options_set(options, pool, "processes", values[i]);

        assert_non_null(error);
        assert_non_null(strstr(error, values[i]));
        assert_non_null(strstr(error, "from 1 to 1000, or a minimum and a maximum, such as 2-8"));
        assert_int_equal(options->manager.processes, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_is_the_default, make_options, pyw_test_pool_destroy),
        cmocka_unit_test_setup_teardown(test_numbers_and_spans, make_options, pyw_test_pool_destroy),
        cmocka_unit_test_setup_teardown(test_malformed_ranges_are_refused, make_options, pyw_test_pool_destroy),
    };

    return cmocka_run_group_tests_name("option processes", tests, NULL, NULL);
}
