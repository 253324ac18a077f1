/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of options takes. */
#include "unit_test.h"

#include <apr_general.h>
#include <apr_pools.h>

#include "config/options/table.h"

static apr_pool_t *pool;

static int make_pool(void **state)
{
    apr_initialize();
    return apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

static int drop_pool(void **state)
{
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static pyw_group_options *options_of(const char *const *values)
{
    pyw_group_options *options = pyw_options_create(pool, "g");

    for (; *values != NULL; values += 2) {
        assert_null(pyw_options_restore(options, pool, values[0], values[1]));
    }
    return options;
}

static const apr_table_t *pairs_of(const char *const *values)
{
    return pyw_options_pairs(options_of(values), pool);
}

static void assert_names(const apr_table_t *pairs, const char *expected)
{
    assert_string_equal(pyw_options_difference(pairs, apr_table_make(pool, 1), pool), expected);
}

static const char *const some[] = {
    "threads",
    "3",
    "socket-timeout",
    "7s",
    "graceful-timeout",
    "9s",
    "queue-limit",
    "5",
    "env",
    "A=b",
    "log-level",
    "7",
    "env",
    "C=d",
    "shutdown-timeout",
    "2s",
    NULL,
};

static void test_each_option_has_one_use(void **state)
{
    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        int uses = 0;

        for (unsigned use = PYW_USE_HTTPD; use <= PYW_USE_START; use <<= 1) {
            uses += (rule->use & use) != 0;
        }
        assert_int_equal(uses, 1);
    }
}

static void test_pairs_are_selected_by_their_use(void **state)
{
    const apr_table_t *pairs = pairs_of(some);

    assert_names(pyw_options_select(pairs, PYW_USE_HTTPD, pool), "queue-limit");
    assert_names(pyw_options_select(pairs, PYW_USE_MANAGER, pool), "graceful-timeout");
    assert_names(pyw_options_select(pairs, PYW_USE_LIVE, pool), "socket-timeout, shutdown-timeout, log-level");
    assert_names(pyw_options_select(pairs, PYW_USE_START, pool), "threads, env, name");
}

static void test_a_difference_names_each_option_once(void **state)
{
    static const char *const others[] = {"threads", "3", "socket-timeout", "7s", "env", "A=b", "env", "C=e", NULL};

    assert_string_equal(pyw_options_difference(pairs_of(some), pairs_of(some), pool), "");
    assert_string_equal(pyw_options_difference(pairs_of(some), pairs_of(others), pool),
                        "shutdown-timeout, graceful-timeout, queue-limit, env, log-level");
}

/* A row of the table that is live must be among those that pyw_options_use_live() takes. */
static void test_a_running_worker_takes_all_live_options(void **state)
{
    pyw_group_options *changed = options_of(some), *running = pyw_options_create(pool, "g");
    int live = 0;

    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (rule->use == PYW_USE_LIVE) {
            live++;
            assert_non_null(apr_table_get(pairs_of(some), rule->name));
        }
    }
    assert_true(live > 0);
    pyw_options_use_live(running, changed);
    assert_names(pyw_options_pairs(running, pool), "socket-timeout, shutdown-timeout, name, log-level");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_option_has_one_use),
        cmocka_unit_test(test_pairs_are_selected_by_their_use),
        cmocka_unit_test(test_a_difference_names_each_option_once),
        cmocka_unit_test(test_a_running_worker_takes_all_live_options),
    };

    return cmocka_run_group_tests_name("option_use", tests, make_pool, drop_pool);
}
